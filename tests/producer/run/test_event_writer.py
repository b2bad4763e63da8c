"""The event writer on real logs: group commit, the planned length, and a disk that is full for real."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.codec import decode
from core.errors import StoreError
from core.events import AffordancesUsed, EpisodeFinished, Event, RunStopped, StageChanged
from core.log import EventLog, LogReader
from core.process.signals import ShutdownSignal
from producer.run.event_writer import EventWriter


class Observed:
    """Collects what the writer shows; `on_warning` receives every warning."""

    def __init__(self, on_warning: Callable[[str], object] = pytest.fail) -> None:
        self.shown: list[Event] = []
        self.warn = on_warning

    def show_episode(self, finished: EpisodeFinished) -> None:
        self.shown.append(finished)

    def show(self, event: Event) -> None:
        self.shown.append(event)


def episode_events(episode: int) -> tuple[EpisodeFinished, list[Event]]:
    return (
        EpisodeFinished(
            episode=episode,
            agent=0,
            survival_time=10,
            total_reward=0.0,
            extrinsic_reward=0.0,
            intrinsic_reward=0.0,
            intrinsic_weight=1.0,
            born_stage=1,
            curriculum_stage=1,
            epsilon=1.0,
            cause="energy",
            vector_step=episode,
        ),
        [AffordancesUsed(episode=episode, affordances=("Bed",) * 40, steps=tuple(range(40)))],
    )


def flat(*episodes: int) -> list[Event]:
    events: list[Event] = []
    for episode in episodes:
        finished, details = episode_events(episode)
        events += [finished, *details]
    return events


def stage_change(episode: int) -> Event:
    return StageChanged(episode=episode, agent=None, from_stage=1, to_stage=2, decided_by={})


def contents(path: Path) -> list[Event]:
    reader = LogReader(path)
    events: list[Event] = [decode(record) for record in reader.read(0, 10_000)]
    reader.close()
    return events


def test_an_episode_is_committed_as_a_whole_and_in_order(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db")
    writer = EventWriter(log, 100, ShutdownSignal(), Observed())
    writer.record_episode(*episode_events(1))
    writer.record_episode(*episode_events(2))
    writer.record(RunStopped(episode=2, reason="signal"))
    assert contents(tmp_path / "events.db") == []
    assert writer.commit() == 5
    assert contents(tmp_path / "events.db") == [*flat(1, 2), RunStopped(episode=2, reason="signal")]
    log.close()


def test_events_wait_for_each_other_but_not_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("producer.run.event_writer.time.monotonic", lambda: now)
    log = EventLog(tmp_path / "events.db")
    writer = EventWriter(log, 100, ShutdownSignal(), Observed())
    writer.record_episode(*episode_events(1))
    now += 0.4
    writer.commit_if_due()
    assert log.head() == 0
    now += 0.11
    writer.commit_if_due()
    assert log.head() == 2
    log.close()


def test_after_the_last_planned_episode_events_are_held_back_for_an_extension(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db")
    observed = Observed()
    writer = EventWriter(log, 2, ShutdownSignal(), observed)
    for episode in (1, 2):
        writer.record_episode(*episode_events(episode))
    writer.record_decision(stage_change(2))
    for episode in (3, 4):
        writer.record_episode(*episode_events(episode))
    writer.commit()
    assert writer.complete
    assert writer.episodes == 2
    assert contents(tmp_path / "events.db") == flat(1, 2)
    assert observed.shown == [episode_events(1)[0], episode_events(2)[0]]

    longer = EventWriter(log, 3, ShutdownSignal(), Observed())
    longer.load_state_dict(writer.state_dict())
    longer.commit()
    assert contents(tmp_path / "events.db") == [*flat(1, 2), stage_change(2), *flat(3)]

    longest = EventWriter(log, 9, ShutdownSignal(), Observed())
    longest.load_state_dict(longer.state_dict())
    longest.commit()
    assert contents(tmp_path / "events.db")[-2:] == flat(4)
    assert not longest.complete
    log.close()


def fill_the_disk(log: EventLog) -> None:
    """SQLite itself refuses to grow the file: SQLITE_FULL, as on a full disk."""
    connection = log._connection
    connection.pragma("max_page_count", connection.pragma("page_count"))


def test_a_full_disk_is_waited_out_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.process.retry.RETRY_SECONDS", 0.01)
    log = EventLog(tmp_path / "events.db")
    warnings: list[str] = []

    def warn(line: str) -> None:
        warnings.append(line)
        log._connection.pragma("max_page_count", 1_000_000)

    writer = EventWriter(log, 1_000, ShutdownSignal(), Observed(warn))
    expected: list[Event] = []
    for episode in range(1, 101):
        expected += flat(episode)
        writer.record_episode(*episode_events(episode))
    fill_the_disk(log)
    writer.commit()
    assert "the disk is full" in warnings[0]
    assert warnings[1:] == ["writing works again; going on"]
    assert contents(tmp_path / "events.db") == expected
    log.close()


def test_asked_to_end_while_the_disk_is_full_it_ends_and_the_log_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.process.retry.RETRY_SECONDS", 0.01)
    log = EventLog(tmp_path / "events.db")
    stop = ShutdownSignal()
    writer = EventWriter(log, 1_000, stop, Observed(lambda _line: setattr(stop, "signal_name", "SIGTERM")))
    writer.record_episode(*episode_events(1))
    writer.commit()
    for episode in range(2, 200):
        writer.record_episode(*episode_events(episode))
    fill_the_disk(log)
    with pytest.raises(StoreError, match="disk is full; stopped while waiting"):
        writer.commit()
    assert contents(tmp_path / "events.db") == flat(1)
    log.close()


def test_a_log_damaged_under_way_ends_with_a_sentence(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db")
    writer = EventWriter(log, 10_000, ShutdownSignal(), Observed())
    for episode in range(1, 2_000):
        writer.record_episode(*episode_events(episode))
    writer.commit()
    log.close()
    content = bytearray((tmp_path / "events.db").read_bytes())
    content[4096 * 2 :: 7] = bytes(len(content[4096 * 2 :: 7]))
    (tmp_path / "events.db").write_bytes(content)

    def append_one() -> None:
        damaged = EventLog(tmp_path / "events.db")
        try:
            writer = EventWriter(damaged, 10_000, ShutdownSignal(), Observed())
            writer.record_episode(*episode_events(2_000))
            writer.commit()
        finally:
            damaged.close()

    # whether opening or appending meets the damaged page first depends on the page
    sentence = (
        r"events\.db: cannot be read .*doctor|the event log cannot be written .* restore it from a backup"
    )
    with pytest.raises(StoreError, match=sentence):
        append_one()
