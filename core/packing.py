"""Compact forms of per-step data inside events: paths, actions, meters; and of a network's weights.

In the JSON payload the bytes are base64. `core.events` says what the fields mean. Each `unpack_…` function is
the exact inverse of its `pack_…` function.
"""

import itertools
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = [
    "METER_LEVELS",
    "DamagedError",
    "pack_cells",
    "pack_indices",
    "pack_meters",
    "unpack_cells",
    "unpack_indices",
    "unpack_meters",
]

METER_LEVELS = 255
"""Meters are quantised to 1/255: finer than any screen shows, small enough to keep every step."""


NARROW_CELLS = 256
"""In a town of at most so many cells a packed path has one byte a step."""

WIDE = b"\x02"
"""The first byte of a packed path with two bytes a step; a deflated stream begins with another byte."""


class DamagedError(ValueError):
    """Packed data has changed: the checksum in the data does not agree."""


def pack_cells(cells: npt.ArrayLike, num_cells: int) -> bytes:
    """Pack the cells of an episode, `[steps]`, in a town of `num_cells` cells.

    A town of up to 256 cells has one byte a step, as `pack_indices`. In a larger town the differences from
    step to step are packed (modulo 65,536, the first from 0): all low bytes, then all high bytes, deflated,
    after one byte `WIDE`. The differences deflate well because an agent has few ways to leave a cell.

    Raises:
        ValueError: a cell outside the town.
    """
    array = np.asarray(cells, np.int64)
    if array.size and (array.min() < 0 or array.max() >= num_cells):
        raise ValueError(f"cells must lie in 0 to {num_cells - 1}, got {array.min()} to {array.max()}")
    if num_cells <= NARROW_CELLS:
        return pack_indices(array)
    differences = np.diff(array.astype("<u2"), prepend=np.zeros(1, "<u2"))
    return WIDE + zlib.compress(differences.view(np.uint8).reshape(-1, 2).T.tobytes(), 1)


def unpack_cells(packed: bytes) -> npt.NDArray[np.uint16]:
    """Inverse of `pack_cells`: uint16 `[steps]`. The first byte says which of the two forms it is.

    Raises:
        DamagedError: the data has changed since it was packed.
    """
    if packed[:1] != WIDE:
        return unpack_indices(packed).astype(np.uint16)
    planes = np.frombuffer(_inflated(packed[1:]), np.uint8).reshape(2, -1)
    return np.cumsum(planes[0] + (planes[1].astype(np.uint16) << 8), dtype=np.uint16)


def pack_indices(indices: npt.ArrayLike) -> bytes:
    """Pack actions or affordances of an episode, `[steps]`, each 0 to 255, deflated.

    Raises:
        ValueError: an index does not fit into a byte.
    """
    array = np.asarray(indices)
    if array.dtype != np.uint8 and array.size and (array.min() < 0 or array.max() > 255):
        raise ValueError(f"indices must lie in 0 to 255, got {array.min()} to {array.max()}")
    return zlib.compress(array.astype(np.uint8).tobytes(), 1)


def unpack_indices(packed: bytes) -> npt.NDArray[np.uint8]:
    """Inverse of `pack_indices`: uint8 `[steps]`.

    Raises:
        DamagedError: the data has changed since it was packed.
    """
    return np.frombuffer(_inflated(packed), np.uint8)


def pack_meters(levels: npt.NDArray[np.uint8]) -> bytes:
    """Pack the meters of an episode, `[steps + 1, meters]`, as levels from 0 to `METER_LEVELS`, deflated.

    The bytes hold, meter by meter, the differences from step to step (modulo 256). They deflate well because
    meters mostly drain at a constant rate.
    """
    by_meter = np.ascontiguousarray(levels.T)
    differences = by_meter.copy()
    differences[:, 1:] -= by_meter[:, :-1]
    return zlib.compress(differences.tobytes(), 1)


def unpack_meters(packed: bytes, num_meters: int) -> npt.NDArray[np.uint8]:
    """Inverse of `pack_meters`: levels 0 to 255, uint8 `[steps + 1, num_meters]`.

    Raises:
        DamagedError: the data has changed since it was packed.
        ValueError: the data does not hold a whole number of steps of `num_meters` meters.
    """
    differences = np.frombuffer(_inflated(packed), np.uint8)
    if num_meters < 1 or differences.size % num_meters:
        raise ValueError(f"{differences.size} values are not a whole number of steps of {num_meters} meters")
    return np.cumsum(differences.reshape(num_meters, -1), axis=1, dtype=np.uint8).T


def pack_weights(layers: Sequence[tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]]) -> bytes:
    """Weights `[out, in]` and biases `[out]` of each linear layer, as little-endian float16, deflated.

    Deflate carries a checksum. float16 keeps the greedy action in 99.8 % of states (docs/experiments.md).
    """
    flat = [np.asarray(part, "<f2").tobytes() for layer in layers for part in layer]
    return zlib.compress(b"".join(flat), 6)


def inflate_weights(packed: bytes) -> bytes:
    """The little-endian float16 values that `pack_weights` packed, layer by layer.

    Raises:
        DamagedError: the bytes are not what was packed.
    """
    return _inflated(packed)


def split_layers(
    values: bytes, layer_sizes: Sequence[int]
) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Weights `[out, in]` and biases `[out]` of each layer, float32, from what `inflate_weights` returns.

    Raises:
        DamagedError: the values are no network of these sizes.
    """
    flat = np.frombuffer(values, "<f2").astype(np.float32)
    pairs = list(itertools.pairwise(layer_sizes))
    expected = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairs)
    if flat.size != expected:
        raise DamagedError(f"{flat.size} weights instead of {expected} for layers of {tuple(layer_sizes)}")
    layers, at = [], 0
    for fan_in, fan_out in pairs:
        weight = flat[at : at + fan_in * fan_out].reshape(fan_out, fan_in)
        at += fan_in * fan_out
        layers.append((weight, flat[at : at + fan_out]))
        at += fan_out
    return layers


def _inflated(packed: bytes) -> bytes:
    try:
        return zlib.decompress(packed)
    except zlib.error as error:
        raise DamagedError(f"packed data is damaged ({error})") from error
