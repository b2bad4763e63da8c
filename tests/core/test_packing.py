"""Per-step data packed and unpacked: exact on what is stored, refused where it would not fit."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.packing import (
    METER_LEVELS,
    pack_indices,
    pack_meters,
    pack_novelty,
    unpack_indices,
    unpack_meters,
    unpack_novelty,
)


@given(st.lists(st.integers(0, 255), max_size=600))
def test_indices_come_back(indices: list[int]) -> None:
    assert unpack_indices(pack_indices(indices)).tolist() == indices


@given(st.lists(st.integers(0, 255)), st.one_of(st.integers(256, 2**40), st.integers(-(2**40), -1)))
def test_an_index_that_does_not_fit_a_byte_is_refused(indices: list[int], wrong: int) -> None:
    with pytest.raises(ValueError, match="0 to 255"):
        pack_indices([*indices, wrong])


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
