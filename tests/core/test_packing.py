"""Per-step data packed and unpacked: exact on what is stored, refused where it would not fit."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.novelty_map import in_blocks, of_cells, pack_novelty, unpack_novelty
from core.packing import (
    METER_LEVELS,
    pack_cells,
    pack_indices,
    pack_meters,
    unpack_cells,
    unpack_indices,
    unpack_meters,
)


@given(st.lists(st.integers(0, 255), max_size=600))
def test_indices_come_back(indices: list[int]) -> None:
    assert unpack_indices(pack_indices(indices)).tolist() == indices


@given(st.lists(st.integers(0, 255)), st.one_of(st.integers(256, 2**40), st.integers(-(2**40), -1)))
def test_an_index_that_does_not_fit_a_byte_is_refused(indices: list[int], wrong: int) -> None:
    with pytest.raises(ValueError, match="0 to 255"):
        pack_indices([*indices, wrong])


@pytest.mark.parametrize("num_cells", [4, 256, 257, 4_096])
@given(data=st.data())
def test_cells_come_back_in_a_town_of_any_size(num_cells: int, data: st.DataObject) -> None:
    path = data.draw(st.lists(st.integers(0, num_cells - 1), max_size=600))
    assert unpack_cells(pack_cells(path, num_cells)).tolist() == path
    with pytest.raises(ValueError, match=f"0 to {num_cells - 1}"):
        pack_cells([*path, num_cells], num_cells)


def test_the_path_of_a_small_town_is_packed_as_it_always_was() -> None:
    path = [0, 1, 255, 255]
    assert pack_cells(path, 256) == pack_indices(path)


def test_the_path_through_a_large_town_is_small() -> None:
    """500 steps at random through 64 × 64 cells take less than a byte each."""
    steps = np.random.default_rng(0).choice([-64, -1, 1, 64, 0], 500)
    assert len(pack_cells(np.cumsum(steps).clip(0, 2_000) + 1_000, 4_096)) < 400


@pytest.mark.parametrize(
    ("width", "height", "values"), [(16, 16, 256), (17, 16, 72), (64, 64, 256), (256, 3, 256)]
)
def test_a_large_town_shares_novelty_in_blocks(width: int, height: int, values: int) -> None:
    novelty = np.arange(width * height, dtype=np.float64)
    blocks = in_blocks(novelty, width, height)
    assert blocks.shape == (values,)
    back = of_cells(np.stack([blocks, blocks]), width, height)
    assert back.shape == (2, width * height)
    np.testing.assert_allclose(back[1].mean(), novelty.mean())


def test_a_cell_that_cannot_be_entered_has_no_novelty() -> None:
    novelty = np.full(64, 2.0)
    assert in_blocks(novelty, 8, 8, [3]).tolist() == [2.0] * 3 + [0.0] + [2.0] * 60
    large = in_blocks(np.full(1024, 2.0), 32, 32, [0])
    assert large.tolist() == [2.0] * 256


@given(arrays.arrays(np.float64, 64, elements=st.floats(0, 65_504)))
def test_novelty_comes_back_as_precise_as_float16(novelty: npt.NDArray[np.float64]) -> None:
    unpacked = unpack_novelty(pack_novelty(novelty))
    assert unpacked.dtype == np.float32
    np.testing.assert_allclose(unpacked, novelty, rtol=2**-11, atol=2**-25)
    np.testing.assert_array_equal(unpack_novelty(pack_novelty(unpacked)), unpacked)


def test_novelty_beyond_float16_is_cut_not_made_infinite() -> None:
    assert unpack_novelty(pack_novelty([1e9, -3.0])).tolist() == [65_504.0, 0.0]


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 8))))
def test_meters_come_back(levels: npt.NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(unpack_meters(pack_meters(levels), levels.shape[1]), levels)


def test_meters_of_another_town_are_refused() -> None:
    packed = pack_meters(np.ones((7, 6), np.uint8))
    with pytest.raises(ValueError, match="42 values are not a whole number of steps of 5 meters"):
        unpack_meters(packed, 5)
    with pytest.raises(ValueError, match="0 meters"):
        unpack_meters(packed, 0)


def test_an_episode_is_small() -> None:
    """A draining meter deflates to next to nothing: 500 steps of 6 meters in less than 200 bytes."""
    falling = np.linspace(METER_LEVELS, 0, 501).round().astype(np.uint8)[:, None].repeat(6, axis=1)
    assert len(pack_meters(falling)) < 200
