"""Build a pack: every part into one folder, and `pack.json`, which says what the folder holds."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import msgspec

from core.errors import StoreError
from core.process.files import atomic_write
from core.resources import TEACHING, resource_folder
from core.run_directory import RunDirectory
from core.version import VERSION
from projections.engine.reader import ReadModel
from projections.pack.dashboard import Link, write_dashboard
from projections.pack.exercises import exercises_of
from projections.pack.exercises.page import Part, exercises_page
from projections.pack.folder import MARK, whole_folder
from projections.pack.lectures.futures import read_futures
from projections.pack.lectures.lecture import read_lecture
from projections.pack.lectures.write import SOURCES, write_lectures
from projections.pack.notebook import can_execute, write_notebook
from projections.pack.story.write import write_story
from projections.readmodels.captures import Captures

DASHBOARD = "dashboard"
EXERCISES = "exercises.html"
LECTURES = "lectures"
NOTEBOOK = "notebook"
GALLERY_INDEX = "index.json"


class PackedFile(msgspec.Struct, frozen=True):
    """A file of a pack: its size, and the SHA-256 of its content."""

    bytes: int
    sha256: str


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """What a pack holds, and of which run: `pack.json`. `position` is the log position it was made at."""

    run: str
    config: str
    seed: int
    position: int
    episodes: int
    recordings: int
    full: bool
    notebook_executed: bool
    version: str = VERSION
    files: dict[str, PackedFile]

    @property
    def total_bytes(self) -> int:
        """The size of all files."""
        return sum(file.bytes for file in self.files.values())


class InterruptedBuildError(StoreError):
    """The process was asked to end before the pack was whole; nothing of it is left."""

    exit_code = 130


def build_pack(
    run: RunDirectory,
    out: Path,
    *,
    full: bool,
    budget_mb: float | None,
    progress: Callable[[int, int], None],
    futures: Path | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Pack:
    """Build the pack of a run in the folder `out`, which appears whole or stays as it was.

    `futures` is the folder with the directories of the run's branches, which the lectures show.

    Raises:
        ConfigError: `out` holds something else, the budget is too small, or `futures` holds no branch.
        StoreError: there is no read model, or no episode has finished, or `out` cannot be written,
            or a cell of the notebook failed.
        InterruptedBuildError: `is_stopped` said so.
    """

    def end_if_asked() -> None:
        if is_stopped():
            raise InterruptedBuildError(f"{out}: the build was interrupted; nothing was changed")

    def go_on(done: int, total: int) -> None:
        end_if_asked()
        progress(done, total)

    try:
        with whole_folder(out) as folder, _connection(run.read_model) as connection:
            branches = read_futures(futures, connection)
            contents = write_dashboard(
                folder / DASHBOARD,
                connection,
                read_captures(run.snapshots),
                full=full,
                budget_mb=budget_mb,
                pages=_pages(),
                progress=go_on,
            )
            write_story(folder, connection)
            (folder / EXERCISES).write_text(exercises_page(_parts(connection)), encoding="utf-8")
            write_lectures(folder / LECTURES, connection, branches)
            executed = can_execute()
            write_notebook(folder / NOTEBOOK, connection, execute=executed)
            end_if_asked()
            pack = Pack(
                run=contents.run,
                config=contents.config,
                seed=contents.seed,
                position=contents.position,
                episodes=contents.episodes,
                recordings=contents.recordings,
                full=full,
                notebook_executed=executed,
                files=_files(folder),
            )
            atomic_write(folder / MARK, msgspec.json.format(msgspec.json.encode(pack)) + b"\n")
            return pack
    except OSError as error:
        raise StoreError(f"{out}: cannot be written ({error.strerror or error})") from error


def _pages() -> list[Link]:
    """The other pages of a pack, as the dashboard names them."""
    notebook = [Link("Notebook", "../notebook/analysis.html")] if can_execute() else []
    lectures = Link("Lectures", f"../{LECTURES}/index.html")
    return [Link("Story", "../story.html"), lectures, Link("Exercises", f"../{EXERCISES}"), *notebook]


def _parts(connection: apsw.Connection) -> list[Part]:
    """The exercises of each lecture, with its words."""
    source = resource_folder(TEACHING) / SOURCES
    parts = []
    for name, exercises in exercises_of(connection).items():
        lecture = read_lecture(source, name)
        parts.append(Part(name, lecture.title, exercises, lecture.make, lecture.commands))
    return parts


class _Picture(msgspec.Struct, frozen=True):
    taken_at: float


class _Animation(msgspec.Struct, frozen=True):
    last: int


class _Moment(msgspec.Struct, frozen=True):
    episode: int


class _Gallery(msgspec.Struct, frozen=True):
    """What the success criteria ask of the snapshot worker's index."""

    screenshots: list[_Picture] = []
    gifs: list[_Animation] = []
    history: list[_Moment] = []


def read_captures(snapshots: Path) -> Captures:
    """The pictures that the snapshot worker has made of a run; none where it never ran.

    Raises:
        StoreError: the worker's index is damaged.
    """
    path = snapshots / GALLERY_INDEX
    try:
        gallery = msgspec.json.decode(path.read_bytes(), type=_Gallery)
    except FileNotFoundError:
        gallery = _Gallery()
    except (OSError, msgspec.DecodeError) as error:
        raise StoreError(f"{path}: cannot be read ({error})") from error
    return Captures(
        screenshots=[picture.taken_at for picture in gallery.screenshots],
        gifs=[animation.last for animation in gallery.gifs],
        history=[moment.episode for moment in gallery.history],
    )


@contextlib.contextmanager
def _connection(path: Path) -> Iterator[apsw.Connection]:
    """One consistent view of the read model.

    Raises:
        StoreError: there is none.
    """
    model = ReadModel(path)
    try:
        with model.snapshot() as connection:
            if connection is None:
                raise StoreError(f"{path}: no such read model; `projections run` makes it")
            yield connection
    finally:
        model.close()


def _files(folder: Path) -> dict[str, PackedFile]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): PackedFile(
            path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
        )
        for path in found
    }
