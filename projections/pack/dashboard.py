"""The frozen dashboard: the page as it is served, and beside it what the server answered, recorded."""

import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import msgspec

from core.errors import ConfigError, StoreError
from core.resources import FROZEN_DASHBOARD, resource_folder
from projections.pack.addresses import RECORDING, addresses_of
from projections.pack.chunks import Family, write_chunk, write_family
from projections.pack.recorder import Recorder
from projections.pack.recordings import choose, fit
from projections.readmodels.captures import Captures
from projections.readmodels.episodes import newest_episode
from projections.readmodels.health import read_trainer_status
from projections.readmodels.run import read_run

DATA = "data"
CONTENTS = "contents"
SINGLE_CHUNK = "single-000"
MEGABYTE = 1_000_000


class Link(msgspec.Struct, frozen=True):
    """Another page of the pack, its address relative to the dashboard."""

    title: str
    href: str


class Contents(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a copy holds: of which run, as of which position (`recorded_at` in Unix seconds), and where."""

    run: str
    config: str
    seed: int
    position: int
    recorded_at: float
    episodes: int
    recordings: int
    families: list[Family]
    single: list[str]
    pages: list[Link]


Progress = Callable[[int, int], None]
"""A function of (answers recorded, answers to record)."""


def write_dashboard(
    folder: Path,
    connection: apsw.Connection,
    captures: Captures,
    *,
    full: bool,
    budget_mb: float | None,
    pages: list[Link],
    progress: Progress,
) -> Contents:
    """Write the dashboard of a run to `folder`, which must not exist; give its table of contents.

    With `full` every episode's recording is there, else landmarks and a spread; `budget_mb` is the size in
    megabytes that `folder` may have, for which recordings are left out.

    Raises:
        ConfigError: the dashboard is not built, or the budget is too small for what is always there.
        StoreError: no episode has finished yet.
        OSError: a file cannot be written.
    """
    run, trainer, newest = read_run(connection), read_trainer_status(connection), newest_episode(connection)
    if run is None or trainer is None or not newest:
        raise StoreError("no episode has finished yet: a pack needs at least one")
    _copy_page(folder)
    data = folder / DATA
    data.mkdir()
    recorder = Recorder(connection, captures)
    addresses = addresses_of(recorder, connection, newest)
    chosen = choose(connection, newest, full=full)
    # a recording is looked at twice where a budget decides whether it is kept
    to_do = sum(len(asked) for _, asked in addresses.every_episode.values())
    to_do += len(chosen) * (1 if budget_mb is None else 2)
    count = _Count(progress, to_do)
    single = [recorder.answer(address) for address in addresses.single]
    write_chunk(data, SINGLE_CHUNK, single)
    families = [
        write_family(data, name, address, asked, recorder.answer, last=newest, done=count.done)
        for name, (address, asked) in addresses.every_episode.items()
    ]
    kept = fit(chosen, recorder, _left(folder, budget_mb), count.done)
    families.append(
        write_family(data, "replay", RECORDING, kept.episodes, recorder.answer, exact=True, done=count.done)
    )
    contents = Contents(
        run=run.run_id or "",
        config=run.config_name,
        seed=run.seed,
        position=trainer.position,
        recorded_at=trainer.last_event_at,
        episodes=newest,
        recordings=len(kept.episodes),
        families=families,
        single=list(addresses.single),
        pages=pages,
    )
    (data / f"{CONTENTS}.js").write_bytes(b"hamlet.contents=%s;\n" % msgspec.json.encode(contents))
    return contents


def _copy_page(folder: Path) -> None:
    page = resource_folder(FROZEN_DASHBOARD)
    if not (page / "index.html").is_file():
        raise ConfigError(
            f"{page}: no built frozen dashboard (index.html) here; "
            "build it with `npm --prefix frontend run build`"
        )
    shutil.copytree(page, folder)


def _left(folder: Path, budget_mb: float | None) -> int | None:
    """The bytes of the budget that recordings may take.

    Raises:
        ConfigError: there are none.
    """
    if budget_mb is None:
        return None
    used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    left = int(budget_mb * MEGABYTE) - used
    if left < 0:
        raise ConfigError(
            f"--budget {budget_mb:g}: the dashboard takes {used / MEGABYTE:.1f} MB without any recording;"
            " give at least that"
        )
    return left


class _Count:
    """How many answers are recorded."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def done(self) -> None:
        self._done += 1
        self._progress(self._done, self._total)
