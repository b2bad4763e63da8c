"""A run on a disk that fails and recovers; what a stranger finds in its log."""

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from core.codec import decode
from core.config import load_config
from core.errors import AlreadyRunningError, StoreError
from core.events import Event, RunStarted
from core.process.lock import exclusive
from core.process.signals import ShutdownSignal
from core.run_directory import in_folder
from producer.run.checkpoints import save
from producer.run.config_changes import Given
from producer.run.console import Console
from producer.run.run import run
from tests.support.logs import learning_events, read_log
from tests.support.training import train


class Operator(Console):
    """Reads the warnings and, after the first, makes room on the disk."""

    def __init__(self, make_room: Callable[[], None]) -> None:
        self.warnings: list[str] = []
        self._make_room = make_room

    def warn(self, line: str) -> None:
        self.warnings.append(line)
        self._make_room()


def test_a_checkpoint_waits_for_room_and_the_run_is_none_the_worse(
    tmp_path: Path,
    small_config: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.process.retry.RETRY_SECONDS", 0.01)
    config = load_config(small_config, {"training.num_episodes": 60})
    train(tmp_path / "roomy", config)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    sizes = [path.stat().st_size for path in (tmp_path / "roomy" / "checkpoints").glob("*.replay.pt")]
    # files may not grow beyond half a replay buffer: a real EFBIG in the middle of the second checkpoint
    room = Operator(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits))

    def tight(folder: Path, milestone: int, *states: dict[str, object]) -> object:
        if milestone == 40 and not room.warnings:
            resource.setrlimit(resource.RLIMIT_FSIZE, (max(sizes) // 2, limits[1]))
        return save(folder, milestone, *states)

    monkeypatch.setattr("producer.run.attempt.save", tight)
    try:
        run(Given(config, "the file"), in_folder(tmp_path / "tight"), room, ShutdownSignal())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert room.warnings == [
        "a checkpoint cannot be written (File too large); waiting, and trying again every 0.01 s",
        "writing works again; going on",
    ]
    assert learning_events(tmp_path / "tight") == learning_events(tmp_path / "roomy")


def test_the_log_tells_a_stranger_what_ran_and_where_without_absolute_paths(
    tmp_path: Path, small_config: Path
) -> None:
    train(tmp_path, load_config(small_config, {"training.num_episodes": 20}))
    started = decode(read_log(tmp_path)[0])
    assert isinstance(started, RunStarted)
    assert (started.world.width, started.world.height) == (8, 8)
    assert started.world.vital_meters == ("energy", "hygiene", "satiation")
    assert started.world.meter_full_scale == {"money": 100.0}
    assert {"python", "torch", "apsw"} <= started.packages.keys()
    assert started.config["population"]["num_agents"] == started.num_agents == 8
    assert not any(str(tmp_path) in record.payload for record in read_log(tmp_path))


def test_a_log_in_use_is_not_touched(tmp_path: Path, small_config: Path) -> None:
    files = in_folder(tmp_path)
    with exclusive(files.events, "somebody"), pytest.raises(AlreadyRunningError, match="somebody"):
        train(tmp_path, load_config(small_config))
    assert not files.events.exists()


def test_a_checkpoint_folder_that_is_a_file_is_refused_before_anything_is_written(
    tmp_path: Path, small_config: Path
) -> None:
    (tmp_path / "checkpoints").touch()
    with pytest.raises(StoreError, match="checkpoints: cannot write there"):
        train(tmp_path, load_config(small_config))
    assert not (tmp_path / "events.db").exists()


def test_events_reach_the_log_in_the_order_they_happened(tmp_path: Path, small_config: Path) -> None:
    train(tmp_path, load_config(small_config, {"training.num_episodes": 60}))
    events: list[Event] = [decode(record) for record in read_log(tmp_path)]
    told = [event.episode for event in events if hasattr(event, "episode")]
    assert told == sorted(told)
