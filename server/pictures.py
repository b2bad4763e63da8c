"""Screenshots of the past: pictures of any moment of a run, made afterwards, from its history.

What is there is not made again, so that an interrupted command goes on where it was.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import apsw
import msgspec

from core.errors import ConfigError, HamletError, StoreError
from core.process.whole_file import kept_whole
from core.run_directory import RunDirectory
from projections.engine.reader import read_once
from projections.engine.status import read_projectors
from projections.readmodels import READ_MODELS
from projections.readmodels.annotations import read_annotations
from projections.readmodels.attempts import Attempt, read_attempts
from projections.readmodels.health import read_trainer_status
from projections.readmodels.recovery import read_recovery
from projections.readmodels.routine import read_landmark_behaviours
from server.loopback import loopback_server
from server.snapshots import gallery
from server.snapshots.catalogue import Catalogue
from server.snapshots.chromium import chromium, new_page
from server.snapshots.files import write_whole
from server.snapshots.moments import LAYERS, address_of, landmark_moments, recovery_moment, regular_moments
from server.snapshots.schedule import attempt_began_at
from server.snapshots.still_page import open_still, picture, seek

PAGES = 2
"""Pages that are drawn at the same time: one waits for the server while the other is painted."""


class RunHistory(msgspec.Struct, frozen=True):
    """What decides which pictures there are to be: episode `newest` is the last that has finished."""

    newest: int
    landmarks: list[int]
    attempts: list[Attempt]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Pictures of the past: every `every` episodes (None: none of these), with or without the landmarks.

    `layers` are names of `moments.LAYERS`, `theme` is light or dark, `size` (width, height) in pixels.
    """

    every: int | None
    landmarks: bool
    layers: Sequence[str]
    theme: str
    size: tuple[int, int]


def read_history(run: RunDirectory) -> RunHistory:
    """The moments that the run has.

    Raises:
        StoreError: no episode has finished yet, or the read model is of another version of this program.
    """

    def query(connection: apsw.Connection) -> RunHistory | None:
        if other := of_another_version(connection):
            raise StoreError(
                f"{run.read_model}: was written by another version of this program ({', '.join(other)});"
                " `projections rebuild` makes it again from the log"
            )
        trainer = read_trainer_status(connection)
        if trainer is None or trainer.episodes_finished == 0:
            return None
        newest = trainer.episodes_finished
        recovered_at = recovery_moment(read_recovery(connection, newest))
        marks = read_annotations(connection)
        landmarks = landmark_moments(marks, recovered_at, newest, read_landmark_behaviours(connection))
        return RunHistory(newest, landmarks, read_attempts(connection))

    with read_once(run.read_model) as connection:
        found = query(connection)
    if found is None:
        raise StoreError(f"{run.read_model}: no episode has finished yet, so there is nothing to picture")
    return found


def of_another_version(connection: apsw.Connection) -> list[str]:
    """The names of the read models that this program would make otherwise, or would make at all."""
    found = {projector.name: projector.version for projector in read_projectors(connection)}
    return [model.name for model in READ_MODELS if found.get(model.name) != model.version]


def due_pictures(run: RunDirectory, history: RunHistory, wanted: Wanted) -> list[tuple[int, str]]:
    """The pictures (episode, layer) that are wanted and not there, or older than the attempt they show."""
    episodes = set(regular_moments(history.newest, wanted.every) if wanted.every is not None else ())
    if wanted.landmarks:
        episodes.update(history.landmarks)

    def is_due(episode: int, layer: str) -> bool:
        path = _path(run, episode, layer, wanted)
        return not path.is_file() or path.stat().st_mtime < attempt_began_at(episode, history.attempts)

    return [
        (episode, layer) for layer in wanted.layers for episode in sorted(episodes) if is_due(episode, layer)
    ]


def picture_history(
    run: RunDirectory, wanted: Wanted, url: str | None, report: Callable[[int, int], None]
) -> int:
    """Make the pictures that are due; `report` is told how many of how many are made. Returns the number.

    Raises:
        HamletError: a moment cannot be drawn or a file cannot be written; the pictures before it stay.
    """
    history = read_history(run)
    due = due_pictures(run, history, wanted)
    if due:
        with kept_whole(run.read_model), _address(run, url) as address:
            try:
                asyncio.run(_draw(run, due, wanted, address, report))
            finally:
                publish(run)
    else:
        publish(run)
    return len(due)


def picture_moment(
    run: RunDirectory,
    path: Path,
    search: str,
    episode: int,
    size: tuple[int, int],
    url: str | None,
    panel: str | None,
    full_page: bool,
) -> None:
    """Write one picture to `path`, PNG or JPEG by its name, of the page, or of the panel of that heading.

    Raises:
        HamletError: there is no such episode or panel, or the file cannot be written.
    """
    history = read_history(run)
    if not 1 <= episode <= history.newest:
        raise ConfigError(f"--episode {episode}: the run has the episodes 1 to {history.newest}")
    with kept_whole(run.read_model), _address(run, url) as address:
        content = asyncio.run(_draw_one(address, search, size, panel, full_page, path.suffix != ".png"))
    write_whole(path, content)


def publish(run: RunDirectory) -> None:
    """Write the index of the gallery anew, with the pictures of history."""
    catalogue = Catalogue(run.snapshots, run.exports)
    gallery.write_index(run.snapshots, catalogue.gallery(time.time()))


@contextlib.contextmanager
def _address(run: RunDirectory, url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
        return
    with loopback_server(run) as address:
        yield address


async def _draw(
    run: RunDirectory,
    due: Sequence[tuple[int, str]],
    wanted: Wanted,
    address: str,
    report: Callable[[int, int], None],
) -> None:
    left = list(reversed(due))
    made = 0

    async def work() -> None:
        nonlocal made
        page = await new_page(browser, wanted.size)
        opened = False
        while left:
            episode, layer = left.pop()
            search = address_of(episode, layer, wanted.theme)
            if not opened:
                await open_still(page, address, search)
                opened = True
            await seek(page, search, episode)
            write_whole(_path(run, episode, layer, wanted), await picture(page))
            made += 1
            report(made, len(due))

    async with chromium() as browser:
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(PAGES, os.cpu_count() or 1, len(due))):
                    workers.create_task(work())
        except* HamletError as group:
            failed = group.exceptions[0]
        else:
            return
    raise failed


async def _draw_one(
    address: str, search: str, size: tuple[int, int], panel: str | None, full_page: bool, jpeg: bool
) -> bytes:
    kind = "jpeg" if jpeg else "png"
    async with chromium() as browser:
        page = await new_page(browser, size)
        await open_still(page, address, search)
        if panel is None:
            return await picture(page, kind, full_page)  # type: ignore[arg-type]
        region = page.get_by_role("region", name=panel, exact=True)
        if await region.count() != 1:
            names = await page.locator("section.panel h2").all_inner_texts()
            raise ConfigError(f"--panel {panel}: no such panel; there are {', '.join(names)}")
        return await region.screenshot(type=kind)  # type: ignore[arg-type]


def _path(run: RunDirectory, episode: int, layer: str, wanted: Wanted) -> Path:
    name = gallery.history_name(episode, layer, wanted.theme, wanted.size)
    return run.snapshots / gallery.HISTORY / name


def unknown_layers(layers: Sequence[str]) -> list[str]:
    """Those of `layers` that no picture can show."""
    return [layer for layer in layers if layer not in LAYERS]
