"""Make a film of a run: read what happened, plan, draw, encode, write captions and a description."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from core.errors import ConfigError, StoreError
from core.process.whole_file import kept_whole
from core.run_directory import RunDirectory
from projections.readmodels.annotations import read_annotations
from projections.readmodels.behaviour_page import read_first_behaviours
from projections.readmodels.recovery import read_recovery
from projections.readmodels.replays import read_replay
from server.async_read_model import AsyncReadModel
from server.film.captions import captions, chapters, description
from server.film.encoder import Encoder, find_ffmpeg
from server.film.frames import pictures
from server.film.plan import Scene, landmarks_of, plan_episode, plan_lapse, plan_run
from server.loopback import loopback_server
from server.pictures import read_history
from server.snapshots.chromium import chromium
from server.snapshots.files import write_whole
from server.snapshots.moments import recovery_moment

MOST_SECONDS = 3600.0
Report = Callable[[int, int, float], None]
"""Told how many of how many pictures are made, and how many seconds are left."""


def plan_film(run: RunDirectory, seconds: float, heatmap: bool, episode: int | None) -> list[Scene]:
    """The scenes of the film that is asked for.

    Raises:
        StoreError: no episode has finished yet, or the episode was not recorded step by step.
        ConfigError: the run has no such episode.
    """
    newest = read_history(run).newest
    if episode is not None and not 1 <= episode <= newest:
        raise ConfigError(f"--episode {episode}: the run has the episodes 1 to {newest}")

    def query(connection: apsw.Connection) -> list[Scene]:
        if episode is not None:
            steps = _steps(connection, episode)
            if steps == 0:
                raise StoreError(f"episode {episode}: its steps were not recorded")
            return plan_episode(episode, steps)
        if heatmap:
            return plan_lapse(newest, seconds)
        marks = landmarks_of(
            read_annotations(connection),
            recovery_moment(read_recovery(connection, newest)),
            newest,
            read_first_behaviours(connection),
        )
        lengths = {mark.episode: _steps(connection, mark.episode) for mark in marks}
        return plan_run(newest, marks, lengths, seconds)

    with contextlib.closing(AsyncReadModel(run.read_model)) as model:
        return model.query_blocking(query)


def make_film(
    run: RunDirectory, path: Path, scenes: Sequence[Scene], size: tuple[int, int], theme: str, view: str,
    report: Report,
) -> None:  # fmt: skip
    """Write the film to `path`, captions to F.vtt, description to F.txt; a film that failed leaves nothing.

    Raises:
        HamletError: no ffmpeg, no browser, or a moment cannot be drawn.
    """
    find_ffmpeg()
    with kept_whole(run.read_model), loopback_server(run) as address:
        asyncio.run(_make(address, path, scenes, size, theme, view, report))
    if path.suffix == ".mp4":
        write_whole(path.with_suffix(".vtt"), captions(scenes).encode())
        about = f"Hamlet: a film of {run.read_model.parent.name}, made from its history."
        write_whole(path.with_suffix(".txt"), description(scenes, about).encode())


async def _make(
    address: str, path: Path, scenes: Sequence[Scene], size: tuple[int, int], theme: str, view: str,
    report: Report,
) -> None:  # fmt: skip
    total = sum(len(scene.shots) for scene in scenes)
    began, made = time.monotonic(), 0
    async with chromium() as browser:
        with Encoder(path, chapters(scenes)) as encoder:
            async for shot, jpeg in pictures(browser, address, scenes, size, theme, view):
                for _ in range(shot.pictures):
                    await asyncio.to_thread(encoder.write, jpeg)
                made += 1
                report(made, total, (time.monotonic() - began) / made * (total - made))


def _steps(connection: apsw.Connection, episode: int) -> int:
    replay = read_replay(connection, episode)
    return 0 if replay is None else max(0, len(replay.path) - 1)
