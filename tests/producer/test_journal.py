"""The journal on real logs: group commit, the planned length, and a disk that is full for real."""

from pathlib import Path

import pytest

from core.errors import StoreError
from core.events import EpisodeFinished, Event, RunStopped, StageChanged, TransitionsMade
from core.log import EventLog, LogReader, decode
from core.process.signals import Stop
from producer.run.event_writer import Journal


def life(episode: int) -> list[Event]:
    return [
        EpisodeFinished(
            episode=episode,
            agent=0,
            survival_time=10,
            total_reward=0.0,
            extrinsic_reward=0.0,
            intrinsic_reward=0.0,
            intrinsic_weight=1.0,
            curriculum_stage=1,
            epsilon=1.0,
            cause="energy",
            vector_step=episode,
        ),
        TransitionsMade(episode=episode, affordances=("Bed",) * 40, steps=tuple(range(40))),
    ]


def stage_change(episode: int) -> Event:
    return StageChanged(episode=episode, agent=None, from_stage=1, to_stage=2, decided_by={})


def contents(path: Path) -> list[Event]:
    reader = LogReader(path)
    events: list[Event] = [decode(record) for record in reader.read(0, 10_000)]
    reader.close()
    return events


def test_a_life_is_committed_as_a_whole_and_in_order(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db")
    journal = Journal(log, 100, Stop(), pytest.fail)
    journal.write(life(1))
    journal.write(life(2))
    journal.note(RunStopped(episode=2, reason="signal"))
    assert contents(tmp_path / "events.db") == []
    assert journal.commit() == 5
    assert contents(tmp_path / "events.db") == [*life(1), *life(2), RunStopped(episode=2, reason="signal")]
    log.close()


def test_events_wait_for_each_other_but_not_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("producer.run.event_writer.time.monotonic", lambda: now)
    log = EventLog(tmp_path / "events.db")
    journal = Journal(log, 100, Stop(), pytest.fail)
    journal.write(life(1))
    now += 0.4
    journal.commit_if_due()
    assert log.head() == 0
    now += 0.11
    journal.commit_if_due()
    assert log.head() == 2
    log.close()


def test_after_the_last_planned_episode_events_are_held_back_for_an_extension(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db")
    shown: list[Event] = []
    journal = Journal(log, 2, Stop(), pytest.fail, shown.append)
    for events in (life(1), life(2), [stage_change(2)], life(3), life(4)):
        journal.write(events)
    journal.commit()
    assert journal.complete
    assert journal.episodes == 2
    assert contents(tmp_path / "events.db") == shown == [*life(1), *life(2)]

    longer = Journal(log, 3, Stop(), pytest.fail)
    longer.load_state_dict(journal.state_dict())
    longer.commit()
    assert contents(tmp_path / "events.db") == [*life(1), *life(2), stage_change(2), *life(3)]

    longest = Journal(log, 9, Stop(), pytest.fail)
    longest.load_state_dict(longer.state_dict())
    longest.commit()
    assert contents(tmp_path / "events.db")[-2:] == life(4)
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

    journal = Journal(log, 1_000, Stop(), warn)
    expected: list[Event] = []
    for episode in range(1, 101):
        expected += life(episode)
        journal.write(life(episode))
    fill_the_disk(log)
    journal.commit()
    assert "the disk is full" in warnings[0]
    assert warnings[1:] == ["writing works again; going on"]
    assert contents(tmp_path / "events.db") == expected
    log.close()


def test_asked_to_end_while_the_disk_is_full_it_ends_and_the_log_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.process.retry.RETRY_SECONDS", 0.01)
    log = EventLog(tmp_path / "events.db")
    stop = Stop()
    journal = Journal(log, 1_000, stop, lambda _line: setattr(stop, "signal_name", "SIGTERM"))
    journal.write(life(1))
    journal.commit()
    for episode in range(2, 200):
        journal.write(life(episode))
    fill_the_disk(log)
    with pytest.raises(StoreError, match="disk is full; stopped while waiting"):
        journal.commit()
    assert contents(tmp_path / "events.db") == life(1)
    log.close()


def test_a_log_damaged_under_way_ends_with_a_sentence(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.db")
    journal = Journal(log, 10_000, Stop(), pytest.fail)
    for episode in range(1, 2_000):
        journal.write(life(episode))
    journal.commit()
    log.close()
    content = bytearray((tmp_path / "events.db").read_bytes())
    content[4096 * 2 :: 7] = bytes(len(content[4096 * 2 :: 7]))
    (tmp_path / "events.db").write_bytes(content)
    log = EventLog(tmp_path / "events.db")
    journal = Journal(log, 10_000, Stop(), pytest.fail)
    journal.write(life(2_000))
    with pytest.raises(StoreError, match=r"the event log cannot be written .* restore it from a backup"):
        journal.commit()
    log.close()
