"""Small finished runs beside each other, written without training, for comparisons."""

from pathlib import Path
from typing import Any

import msgspec

from core.config import changed
from core.run_directory import in_folder
from tests.support.events import branched, cells, finished, started, uses
from tests.support.logs import write_log
from tests.support.read_models import project_log


def write_run(
    folder: Path,
    seed: int,
    survival: int = 100,
    episodes: int = 120,
    settings: dict[str, Any] | None = None,
    run_id: str | None = None,
    of_episode: dict[str, Any] | None = None,
) -> Path:
    """A run of equal episodes; `settings` maps full keys to values, `of_episode` fields of its episodes.

    Returns the run directory.
    """
    events = _events(
        seed, survival, episodes, settings or {}, run_id or folder.name.ljust(26, "x"), of_episode
    )
    return _write(folder, events)


def write_branch(
    folder: Path,
    seed: int,
    at: int,
    after: int,
    episodes: int = 120,
    settings: dict[str, Any] | None = None,
    parent: str = "parent",
) -> Path:
    """A branch of the run in the directory `parent`; after episode `at` an episode has `after` steps."""
    parent_id = parent.ljust(26, "x")
    events = _events(seed, 100, at, {}, parent_id, None)
    events.append(
        branched(
            at,
            len(events),
            run_id=folder.name.ljust(26, "x"),
            parent_run_id=parent_id,
            changes={key: (None, value) for key, value in (settings or {}).items()},
            num_episodes=episodes,
        )
    )
    for episode in range(at + 1, episodes + 1):
        events += [finished(episode, after), cells(episode, [0] * 4), uses(episode, "Bed", "Job")]
    return _write(folder, events)


def _events(
    seed: int,
    survival: int,
    episodes: int,
    settings: dict[str, Any],
    run_id: str,
    of_episode: dict[str, Any] | None,
) -> list[Any]:
    start = started(seed=seed, run_id=run_id, num_episodes=episodes)
    config = start.config
    for key, value in {"experiment.seed": seed, **settings}.items():
        config = changed(config, key, value)
    events: list[Any] = [msgspec.structs.replace(start, config=config)]
    for episode in range(1, episodes + 1):
        events += [
            finished(episode, survival, **(of_episode or {})),
            cells(episode, [0] * 4),
            uses(episode, "Bed", "Job"),
        ]
    return events


def _write(folder: Path, events: list[Any]) -> Path:
    folder.mkdir(parents=True)
    files = in_folder(folder)
    write_log(files.events, [(event, 1000.0 + at) for at, event in enumerate(events)])
    project_log(files.events, files.read_model)
    return folder
