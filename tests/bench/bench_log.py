"""How fast the log is, beside the `eventsourcing` library and beside bare apsw, in one run.

    python tests/bench/bench_log.py [--events 20000] [--rounds 9] [--out FILE.json]

The events are those of a synthetic run. Groups of 100 are appended in a durable transaction each (WAL,
synchronous FULL, for all); then everything is read in pages of 2,000 and decoded. Contestants take turns,
round by round, in an order that changes; ratios are taken within a round, and their median counts, so that
a busy disk slows all. One thread.

- `log`: ours, from typed events to typed events, guards and JSON check included.
- `bare apsw`: executemany of rows made beforehand into a table without any guard, index or check; reading is
  a bare SELECT with the decoding we use. The limit.
- `library`: `eventsourcing` as its users have it: an application saves an aggregate that has triggered 100
  events, and reads them back in pages as domain events.
- `library's recorder`: its SQLite part alone, given payloads made beforehand, read with the decoding we use.
"""

import argparse
import itertools
import json
import platform
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from core.codec import Recorded, decode, encode
from core.events import AnyEvent, Event
from core.log import EventLog, LogReader
from core.process.sqlite import open_reader, open_writer
from tests.support.synthetic import Scenario, generate_events

GROUP = 100
PAGE = 2_000
OURS, BARE, RECORDER, APPLICATION = "log", "bare apsw", "library's recorder", "library"

PLAIN_TABLE = (
    "CREATE TABLE events"
    " (position INTEGER PRIMARY KEY, recorded_at REAL, type TEXT, version INTEGER, payload TEXT)"
)


class Run(Aggregate):
    """An aggregate whose events carry ours as a dict of plain values."""

    class Happened(Aggregate.Event):
        """One of our events."""

        fields: dict[str, Any]

    def record(self, fields: dict[str, Any]) -> None:
        """Trigger an event."""
        self.trigger_event(self.Happened, fields=fields)


def synthetic_events(count: int) -> list[Event]:
    """The first events of a made-up run."""
    scenario = Scenario(episodes=max(200, count // 3))
    return [event for event, _ in itertools.islice(generate_events(scenario), count)]


def groups(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), GROUP):
        yield items[start : start + GROUP]


def timed(work: Callable[[], int]) -> float:
    """Events per second of a piece of work that gives the number of events it did."""
    started = time.perf_counter()
    count = work()
    return count / (time.perf_counter() - started)


def ours(folder: Path, events: Sequence[Event]) -> tuple[float, float]:
    log = EventLog(folder / "events.db")

    def append() -> int:
        for group in groups(events):
            log.append(group)
        return len(events)

    def read() -> int:
        after = count = 0
        while page := reader.read(after, PAGE):
            count += len([decode(recorded) for recorded in page])
            after = page[-1].position
        return count

    appended = timed(append)
    reader = LogReader(folder / "events.db")
    done = timed(read)
    reader.close()
    log.close()
    return appended, done


def bare(folder: Path, events: Sequence[Event]) -> tuple[float, float]:
    rows = [encode(event, 1_790_000_000.0) for event in events]
    connection = open_writer(folder / "bare.db", "FULL")
    connection.execute(PLAIN_TABLE)
    insert = "INSERT INTO events (recorded_at, type, version, payload) VALUES (?, ?, ?, ?)"

    def append() -> int:
        for group in groups(rows):
            with connection:
                connection.executemany(insert, group)
        return len(rows)

    payload_decoder = msgspec.json.Decoder(AnyEvent)

    def read() -> int:
        after = count = 0
        select = "SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ?"
        while page := reader.execute(select, (after, PAGE)).fetchall():
            count += len([payload_decoder.decode(row[4]) for row in page])
            after = page[-1][0]
        return count

    appended = timed(append)
    reader = open_reader(folder / "bare.db")
    done = timed(read)
    reader.close()
    connection.close()
    return appended, done


def recorder_in(folder: Path) -> SQLiteApplicationRecorder:
    recorder = SQLiteApplicationRecorder(SQLiteDatastore(str(folder / "library.db")))
    recorder.create_table()
    with recorder.datastore.transaction(commit=False) as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone()[0] == 2, "the comparison wants FULL on both sides"
    return recorder


def recorder(folder: Path, events: Sequence[Event]) -> tuple[float, float]:
    run = uuid.uuid4()
    rows = [encode(event, 1_790_000_000.0) for event in events]
    stored = [
        StoredEvent(originator_id=run, originator_version=n, topic=row[1], state=row[3].encode())
        for n, row in enumerate(rows, start=1)
    ]
    store = recorder_in(folder)

    def append() -> int:
        for group in groups(stored):
            store.insert_events(group)
        return len(stored)

    def read() -> int:
        start, count = 1, 0
        while page := store.select_notifications(start, PAGE):
            for found in page:
                decode(Recorded(found.id, 0.0, found.topic, 1, found.state.decode()))
            count += len(page)
            start = page[-1].id + 1
        return count

    result = timed(append), timed(read)
    store.datastore.close()
    return result


def application(folder: Path, events: Sequence[Event]) -> tuple[float, float]:
    plain = [msgspec.to_builtins(event) for event in events]
    database = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "application.db")}
    app: Application[uuid.UUID] = Application(env=database)
    run = Run()

    def append() -> int:
        for group in groups(plain):
            for fields in group:
                run.record(fields)
            app.save(run)
        return len(plain)

    def read() -> int:
        start, count = 1, 0
        while page := app.recorder.select_notifications(start, PAGE):
            count += len([app.mapper.to_domain_event(found) for found in page])
            start = page[-1].id + 1
        return count

    result = timed(append), timed(read)
    app.close()
    return result


CONTESTANTS = {OURS: ours, BARE: bare, RECORDER: recorder, APPLICATION: application}


def measure(events: Sequence[Event], rounds: int, where: Path | None) -> list[dict[str, tuple[float, float]]]:
    """(appended, read) events per second of each contestant, round by round; the first round is a warm-up."""
    found = []
    for number in range(rounds + 1):
        names = list(CONTESTANTS)
        names = names[number % len(names) :] + names[: number % len(names)]
        result = {}
        for name in names:
            with tempfile.TemporaryDirectory(dir=where) as folder:
                result[name] = CONTESTANTS[name](Path(folder), events)
        found.append({name: result[name] for name in CONTESTANTS})
    return found[1:]


def summary(rounds: list[dict[str, tuple[float, float]]], column: int) -> list[dict[str, Any]]:
    """Median speed of each contestant, and the median over the rounds of our speed divided by its."""
    return [
        {
            "who": name,
            "events_per_second": statistics.median(one[name][column] for one in rounds),
            "log_divided_by_it": statistics.median(one[OURS][column] / one[name][column] for one in rounds),
            "lowest_ratio": min(one[OURS][column] / one[name][column] for one in rounds),
            "highest_ratio": max(one[OURS][column] / one[name][column] for one in rounds),
        }
        for name in CONTESTANTS
    ]


def print_table(title: str, rows: list[dict[str, Any]]) -> None:
    print(f"\n{title}\n{'':<20}{'events/s':>12}{'log ÷ it':>10}{'(range)':>16}")
    for row in rows:
        spread = f"{row['lowest_ratio']:.2f} to {row['highest_ratio']:.2f}"
        speed, ratio = row["events_per_second"], row["log_divided_by_it"]
        print(f"{row['who']:<20}{speed:>12,.0f}{ratio:>10.2f}{spread:>16}")


def main() -> None:
    """Measure, print, write down."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=Path, help="where the databases go; a disk, not a RAM disk")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    events = synthetic_events(options.events)
    mean_bytes = statistics.mean(len(encode(event, 0.0)[3]) for event in events)
    rounds = measure(events, options.rounds, options.folder)
    report = {
        "events": len(events),
        "group": GROUP,
        "mean_payload_bytes": mean_bytes,
        "rounds": options.rounds,
        "sqlite": apsw.sqlite_lib_version(),
        "python": platform.python_version(),
        "append": summary(rounds, 0),
        "read_and_decode": summary(rounds, 1),
    }
    print(f"{len(events):,} events of {mean_bytes:.0f} bytes on average, {options.rounds} rounds")
    print_table(f"Append, groups of {GROUP}, synchronous FULL", report["append"])
    print_table("Read and decode", report["read_and_decode"])
    if options.out is not None:
        options.out.write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
