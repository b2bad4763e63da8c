"""The novelty GIF, opened again and looked at frame by frame."""

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from core.events import Placement
from projections.readmodels.heatmap import NoveltyScale
from server.snapshots.colours import viridis
from server.snapshots.gifs import (
    FRAME_MS,
    HEIGHT,
    MAP_LEFT,
    MAP_TOP,
    SCALE_LEVELS,
    WIDTH,
    NoveltyFrame,
    render,
)

SCALE = NoveltyScale(low=0.064, high=64.0)
CELL = 72
LAYOUT = [Placement(name="Bed", x=1, y=1), Placement(name="Recreation", x=0, y=7)]
MOVED = [Placement(name="Bed", x=4, y=5), Placement(name="Recreation", x=6, y=2)]


def frames(count: int = 50) -> list[NoveltyFrame]:
    """Novelty that halves from episode to episode, differs by cell, and a town rearranged half-way."""
    cells = np.arange(1.0, 65.0).reshape(8, 8)
    return [
        NoveltyFrame(101 + k, (cells * 0.5**k).tolist(), LAYOUT if k < count // 2 else MOVED)
        for k in range(count)
    ]


def pixels(image: Image.Image, frame: int) -> npt.NDArray[np.uint8]:
    image.seek(frame)
    return np.asarray(image.convert("RGB"))


def cell_corner(picture: npt.NDArray[np.uint8], x: int, y: int) -> list[int]:
    """The colour near a cell's upper left corner, where no label reaches."""
    return [int(channel) for channel in picture[MAP_TOP + y * CELL + 6, MAP_LEFT + x * CELL + 6]]


@pytest.fixture(scope="module")
def gif() -> Image.Image:
    return Image.open(io.BytesIO(render(frames(), SCALE)))


def test_fifty_frames_of_the_right_size_and_pace(gif: Image.Image) -> None:
    assert (gif.n_frames, gif.size) == (50, (WIDTH, HEIGHT))
    for frame in range(50):
        gif.seek(frame)
        assert gif.info["duration"] == FRAME_MS


def test_every_cell_of_every_frame_has_the_colour_of_its_novelty_on_one_scale(gif: Image.Image) -> None:
    scale = viridis(SCALE_LEVELS)
    for number, frame in enumerate(frames()):
        picture = pixels(gif, number)
        for y in range(8):
            for x in range(8):
                # from a thousandth of the run's largest novelty to the largest, logarithmic
                share = max(0.0, 1 + float(np.log10(frame.novelty[y][x] / 64.0)) / 3)
                level = round(share * (SCALE_LEVELS - 1))
                assert cell_corner(picture, x, y) == scale[level].tolist(), (number, x, y)


def test_affordances_are_labelled_where_they_stand_in_that_frame(gif: Image.Image) -> None:
    def labelled(frame: int, place: Placement) -> bool:
        picture = pixels(gif, frame)
        top, left = MAP_TOP + place.y * CELL, MAP_LEFT + place.x * CELL
        middle = picture[top + CELL // 2 - 6 : top + CELL // 2 + 6, left + 4 : left + CELL - 4]
        return bool((middle.min(axis=2) > 200).any())

    assert all(labelled(24, place) for place in LAYOUT)
    assert not any(labelled(24, place) for place in MOVED)
    assert all(labelled(25, place) for place in MOVED)
    assert not any(labelled(25, place) for place in LAYOUT)


def test_the_episode_number_changes_and_the_legend_does_not(gif: Image.Image) -> None:
    first, second = pixels(gif, 0), pixels(gif, 1)
    assert (first[:56, WIDTH // 2 :] != second[:56, WIDTH // 2 :]).any()
    below = MAP_TOP + 8 * CELL
    assert (first[below:] == second[below:]).all()


def test_the_same_novelty_has_the_same_colour_in_every_gif_of_a_run() -> None:
    late = [NoveltyFrame(9000, [[0.2] * 8 for _ in range(8)], LAYOUT)]
    early = [NoveltyFrame(1, [[0.2] * 8] * 4 + [[200.0] * 8] * 4, LAYOUT)]
    pictures = [pixels(Image.open(io.BytesIO(render(gif, SCALE))), 0) for gif in (late, early)]
    assert cell_corner(pictures[0], 3, 0) == cell_corner(pictures[1], 3, 0)
    # what is more novel than the scale goes has its last colour
    assert cell_corner(pictures[1], 3, 7) == viridis(SCALE_LEVELS)[-1].tolist()
    below = MAP_TOP + 8 * CELL
    assert (pictures[0][below:] == pictures[1][below:]).all()


def test_a_town_without_any_novelty_and_another_shape_are_drawn_too() -> None:
    flat = [NoveltyFrame(1, [[0.0] * 5 for _ in range(3)], [Placement(name="Job", x=4, y=2)])]
    picture = pixels(Image.open(io.BytesIO(render(flat, SCALE))), 0)
    assert picture[MAP_TOP + 6, MAP_LEFT + 6].tolist() == viridis(SCALE_LEVELS)[0].tolist()
