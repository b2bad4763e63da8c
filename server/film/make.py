"""Make a film of a run: read what happened, plan, draw, encode, write captions and a description."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from pathlib import Path

import apsw
import msgspec
from playwright.async_api import Browser

from core.errors import ConfigError, StoreError
from core.process.whole_file import kept_whole
from core.run_directory import RunDirectory
from projections.readmodels.annotations import read_annotations
from projections.readmodels.recovery import read_recovery
from projections.readmodels.replays import read_replay
from projections.readmodels.routine import read_landmark_behaviours
from server.async_read_model import AsyncReadModel
from server.film.captions import captions, chapters, description
from server.film.encoder import Encoder, find_ffmpeg
from server.film.frames import View, paired_pictures, pictures
from server.film.plan import Scene, Shot, landmarks_of, plan_episode, plan_lapse, plan_pair, plan_run
from server.loopback import loopback_server
from server.pictures import read_history
from server.snapshots.chromium import chromium
from server.snapshots.files import write_whole
from server.snapshots.moments import recovery_moment

MOST_SECONDS = 3600.0
Report = Callable[[int, int, float], None]
"""Told how many of how many pictures are made, and how many seconds are left."""


class Comparison(msgspec.Struct, frozen=True):
    """Two episodes that a film shows side by side; the second may be one of the run `other`."""

    left: int
    right: int
    other: RunDirectory | None = None


def plan_film(run: RunDirectory, seconds: float, heatmap: bool, episode: int | None) -> list[Scene]:
    """The scenes of the film that is asked for.

    Raises:
        StoreError: no episode has finished yet, or the episode was not recorded step by step.
        ConfigError: the run has no such episode.
    """
    newest = read_history(run).newest
    if episode is not None:
        return plan_episode(episode, recorded_steps(run, episode, "--episode"))

    def query(connection: apsw.Connection) -> list[Scene]:
        if heatmap:
            return plan_lapse(newest, seconds)
        marks = landmarks_of(
            read_annotations(connection),
            recovery_moment(read_recovery(connection, newest)),
            newest,
            read_landmark_behaviours(connection),
        )
        lengths = {mark.episode: _steps(connection, mark.episode) for mark in marks}
        return plan_run(newest, marks, lengths, seconds)

    with contextlib.closing(AsyncReadModel(run.read_model)) as model:
        return model.query_blocking(query)


def plan_comparison(run: RunDirectory, compared: Comparison) -> list[Scene]:
    """The scene of two episodes side by side.

    Raises:
        StoreError: an episode was not recorded step by step.
        ConfigError: a run has no such episode.
    """
    other = compared.other or run
    steps = [
        recorded_steps(of, episode, "--compare")
        for of, episode in ((run, compared.left), (other, compared.right))
    ]
    names = ("", "") if compared.other is None else (_name(run), _name(other))
    return plan_pair((compared.left, steps[0]), (compared.right, steps[1]), names)


def recorded_steps(run: RunDirectory, episode: int, option: str) -> int:
    """The steps of an episode that `option` names.

    Raises:
        StoreError: its steps were not recorded.
        ConfigError: the run has no such episode.
    """
    newest = read_history(run).newest
    if not 1 <= episode <= newest:
        raise ConfigError(f"{option} {episode}: the run has the episodes 1 to {newest}")
    with contextlib.closing(AsyncReadModel(run.read_model)) as model:
        steps = model.query_blocking(lambda connection: _steps(connection, episode))
    if steps == 0:
        raise StoreError(f"episode {episode}: its steps were not recorded")
    return steps


def make_film(
    run: RunDirectory, path: Path, scenes: Sequence[Scene], size: tuple[int, int], theme: str, view: str,
    report: Report,
) -> None:  # fmt: skip
    """Write the film to `path`, captions to F.vtt, description to F.txt; a film that failed leaves nothing.

    Raises:
        HamletError: no ffmpeg, no browser, or a moment cannot be drawn.
    """
    find_ffmpeg()
    with shown(run) as address:
        page = View(f"{address}stream", f"theme={theme}&{view}", {"left": "71%", "bottom": "12.5vh"})
        asyncio.run(_make(path, scenes, lambda browser: pictures(browser, page, scenes, size), report))
    _write_texts(path, scenes, f"Hamlet: a film of {_name(run)}, made from its history.")


def make_comparison(
    run: RunDirectory, compared: Comparison, path: Path, scenes: Sequence[Scene], size: tuple[int, int],
    theme: str, report: Report,
) -> None:  # fmt: skip
    """As `make_film`, of the scene of `plan_comparison`."""
    find_ffmpeg()
    search = f"present=town&map=none&theme={theme}"
    with contextlib.ExitStack() as servers:
        left = servers.enter_context(shown(run))
        right = left if compared.other is None else servers.enter_context(shown(compared.other))
        # above the town, and without the controls of the page
        place, hidden = {"left": "50%", "top": "1.5vh"}, "footer, section.town h2"
        sides = (View(left, search, place, hidden), View(right, search, place, hidden))
        asyncio.run(
            _make(path, scenes, lambda browser: paired_pictures(browser, sides, scenes, size), report)
        )
    _write_texts(path, scenes, f"Hamlet: {scenes[0].title}, side by side.")


@contextlib.contextmanager
def shown(run: RunDirectory) -> Iterator[str]:
    """The address of a server that shows the run for the length of the block."""
    with kept_whole(run.read_model), loopback_server(run) as address:
        yield address


async def _make(
    path: Path, scenes: Sequence[Scene],
    draw: Callable[[Browser], AsyncGenerator[tuple[Shot, bytes], None]], report: Report,
) -> None:  # fmt: skip
    total = sum(len(scene.shots) for scene in scenes)
    began, made = time.monotonic(), 0
    async with chromium() as browser:
        with Encoder(path, chapters(scenes)) as encoder:
            async with contextlib.aclosing(draw(browser)) as drawn:
                async for shot, jpeg in drawn:
                    for _ in range(shot.pictures):
                        await asyncio.to_thread(encoder.write, jpeg)
                    made += 1
                    report(made, total, (time.monotonic() - began) / made * (total - made))


def _write_texts(path: Path, scenes: Sequence[Scene], about: str) -> None:
    if path.suffix == ".mp4":
        write_whole(path.with_suffix(".vtt"), captions(scenes).encode())
        write_whole(path.with_suffix(".txt"), description(scenes, about).encode())


def _name(run: RunDirectory) -> str:
    return run.read_model.resolve().parent.name


def _steps(connection: apsw.Connection, episode: int) -> int:
    replay = read_replay(connection, episode)
    return 0 if replay is None else max(0, len(replay.path) - 1)
