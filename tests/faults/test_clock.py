"""A clock that is set back: events keep their order, read models their contents, the worker its intervals."""

import shutil
from itertools import count
from pathlib import Path

from core.log import EventLog, LogReader
from projections.engine.engine import Engine
from projections.engine.rebuild import stale
from projections.engine.store import Store
from projections.readmodels import READ_MODELS
from server.snapshots.files import date_no_earlier
from server.snapshots.gallery import FINAL_EXPORT, Export, Gallery, Screenshot
from server.snapshots.schedule import export_due, screenshot_due
from tests.support import synthetic
from tests.support.read_models import read_tables

NOW = 1_790_000_000.0
HOUR = 3_600.0


def test_a_log_written_under_a_clock_that_goes_back_is_projected_all_the_same(tmp_path: Path) -> None:
    story = synthetic.Scenario(episodes=60, resumes=1, seed=5, checkpoint_every=20, episodes_per_pool=20)
    told = [event for event, _ in synthetic.generate_events(story)]
    ticks = count()

    def clock() -> float:
        """A second an append, and an hour back in the middle."""
        tick = next(ticks)
        return NOW + tick - HOUR * (tick > 5)

    log = EventLog(tmp_path / "events.db", clock)
    for first in range(0, len(told), 30):
        log.append(told[first : first + 30])
    log.close()
    reader = LogReader(tmp_path / "events.db")
    recorded = reader.read(0, 10_000)
    assert [record.position for record in recorded] == list(range(1, len(told) + 1))
    times = [record.recorded_at for record in recorded]
    assert times != sorted(times)

    whole, live = Store(tmp_path / "whole.db"), Store(tmp_path / "live.db")
    Engine(whole, reader, READ_MODELS, clock).catch_up()
    engine = Engine(live, reader, READ_MODELS, clock)
    for page in range(0, len(recorded), 17):
        engine.project(recorded[page : page + 17])
        engine.commit_heartbeat()
    assert stale(live, READ_MODELS, reader) == []
    for store in (whole, live):
        store.close()
    assert read_tables(tmp_path / "live.db") == read_tables(tmp_path / "whole.db")
    reader.close()


def test_pictures_and_exports_from_the_future_do_not_stop_the_present() -> None:
    shots = [Screenshot(name=f"{at}", bytes=1, taken_at=NOW + at) for at in (-400.0, -200.0, HOUR)]
    assert screenshot_due(Gallery(updated_at=NOW, screenshots=shots), NOW + 100.0, 300.0, None)
    assert not screenshot_due(Gallery(updated_at=NOW, screenshots=shots), NOW, 300.0, None)
    exports = [Export(name="x", bytes=1, made_at=NOW + HOUR, final=False)]
    assert export_due(Gallery(updated_at=NOW, exports=exports), NOW, HOUR, None)


def test_what_is_made_under_a_clock_set_back_is_not_made_again_for_ever(tmp_path: Path, logged: Path) -> None:
    made = Path(shutil.copy(logged, tmp_path / FINAL_EXPORT))
    later = made.stat().st_mtime + HOUR
    date_no_earlier(made, later)
    assert made.stat().st_mtime == later
    date_no_earlier(made, later - 1.0)
    assert made.stat().st_mtime == later
