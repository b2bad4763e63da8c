"""Pictures of the town show where the agent and the affordances are, without a browser."""

import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.error import DependencyNotInstalled
from gymnasium.wrappers import RecordVideo, RenderCollection

from producer.environment.gymnasium_env import ENV_ID, TownEnv
from producer.environment.rendering import Scene, draw, write

AGENT_COLOUR = (0xB2, 0x42, 0x1D)


def a_scene(width: int = 8, height: int = 8, affordances: int = 3, meters: int = 6) -> Scene:
    return Scene(
        width=width,
        height=height,
        agent=(width - 1, 0),
        affordances={f"Bed {i}": (i % width, i // width) for i in range(affordances)},
        meters={f"meter {i}": i / max(meters - 1, 1) for i in range(meters)},
        full_scale={"meter 1": 100.0},
        currency="$",
        caption="stage 1",
    )


def test_the_picture_shows_the_agent_in_its_cell_also_after_the_last_step() -> None:
    env = TownEnv(stage=2, render_mode="rgb_array")
    centres = []
    for cell in ((0, 0), (7, 0), (0, 7)):
        env.reset(options={"start": {"cell": cell, "meters": {"energy": 0.001}}})
        *_, terminated, _, _ = env.step(4)
        assert terminated
        pixels = env.render()
        assert isinstance(pixels, np.ndarray)
        rows, columns = np.nonzero((pixels == AGENT_COLOUR).all(2))
        centres.append((columns.mean(), rows.mean()))
    (left, top), (right, also_top), (also_left, bottom) = centres
    assert (left, top) == pytest.approx((also_left, also_top))
    assert right - left == pytest.approx(bottom - top) == pytest.approx(7 * 64)


@pytest.mark.parametrize("size", [(2, 2), (8, 8), (64, 64), (64, 3), (5, 40)])
@pytest.mark.parametrize("meters", [1, 16])
def test_towns_of_all_sizes_are_drawn(size: tuple[int, int], meters: int) -> None:
    scene = a_scene(*size, affordances=min(size[0] * size[1], 64), meters=meters)
    pixels = draw(scene)
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 3
    assert pixels.shape[0] % 2 == pixels.shape[1] % 2 == 0  # what video encoders ask for
    assert (pixels == AGENT_COLOUR).all(2).any()
    symbols = write(scene).splitlines()[size[1] + 2].split(", ")[1:]
    letters = [symbol.split()[0] for symbol in symbols]
    assert len(set(letters)) == len(letters) == len(scene.affordances)


def test_the_text_shows_the_map_its_legend_and_the_meters() -> None:
    env = TownEnv(render_mode="ansi")
    env.reset(options={"start": {"cell": (1, 1), "meters": {"money": 0.15}}})
    text = env.render()
    assert isinstance(text, str)
    lines = text.splitlines()
    assert lines[2] == "|. @ . . . . . .|"
    assert lines[3] == "|. . S . . . . .|"
    assert lines[10].startswith("@ agent at Bed, B Bed, S Shower")
    assert lines[11] == "energy 100%, hygiene 100%, satiation 100%, money $15, mood 100%, social 50%"


def test_a_window_shows_each_step() -> None:
    import pygame

    env = gymnasium.make(ENV_ID, render_mode="human")
    shown = []
    for cell in ((0, 0), (5, 5)):
        env.reset(options={"start": {"cell": cell}})
        surface = pygame.display.get_surface()
        assert surface is not None
        shown.append(pygame.surfarray.array3d(surface).swapaxes(0, 1))
    expected = TownEnv(render_mode="rgb_array")
    expected.reset(options={"start": {"cell": (5, 5)}})
    env.step(0)
    assert not np.array_equal(shown[0], shown[1])
    pixels = expected.render()
    assert isinstance(pixels, np.ndarray)
    assert shown[1].shape == pixels.shape
    env.close()
    assert pygame.display.get_surface() is None


def test_without_pygame_the_window_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    with pytest.raises(DependencyNotInstalled, match="pip install pygame"):
        TownEnv(render_mode="human")


def test_frames_can_be_collected() -> None:
    env = RenderCollection(gymnasium.make(ENV_ID, render_mode="rgb_array"))
    env.reset(seed=1)
    for _ in range(5):
        env.step(1)
    frames = env.render()
    assert isinstance(frames, list)
    assert len(frames) == 6
    assert len({frame.shape for frame in frames}) == 1


def test_videos_can_be_recorded(tmp_path: Path) -> None:
    pytest.importorskip("moviepy", reason="RecordVideo needs moviepy", exc_type=ImportError)
    env = RecordVideo(gymnasium.make(ENV_ID, render_mode="rgb_array"), str(tmp_path))
    env.reset(seed=1)
    for _ in range(5):
        env.step(1)
    env.close()
    (video,) = tmp_path.glob("*.mp4")
    assert video.stat().st_size > 0
