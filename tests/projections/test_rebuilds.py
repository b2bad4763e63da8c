"""Rebuilding and killing as a user meets them: under load, in the middle, from another program's file."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import apsw
import pytest

from core.codec import Recorded
from core.log import EventLog
from projections.engine import process as projecting_process
from projections.engine import rebuild
from projections.engine.engine import Engine
from projections.engine.reader import ReadModel
from projections.readmodels import READ_MODELS
from projections.readmodels.health import read_trainer_status
from projections.state import read_state
from tests.support import synthetic
from tests.support.logs import write_log
from tests.support.processes import Start, wait_until
from tests.support.read_models import count_episodes, dump, project_log, run_projections

Timed = tuple[Any, float]
TIMEOUT = 120.0


class Viewer(threading.Thread):
    """Reads as the server does, and remembers what should never be seen."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.stop = threading.Event()
        self.readings = 0
        self.wrong: list[str] = []
        self._path = path

    def run(self) -> None:
        model, newest = ReadModel(self._path), (0, 0)
        while not self.stop.is_set():
            with model.snapshot() as connection:
                if connection is None:
                    self.wrong.append("no read model")
                    continue
                state, pulse = read_state(connection), read_trainer_status(connection)
                counted = connection.execute("SELECT count(*) FROM episodes").get
            assert state is not None
            assert pulse is not None
            if state.episode != counted:
                self.wrong.append(f"{counted} rows at episode {state.episode}")
            if (state.episode, pulse.position) < newest:
                self.wrong.append(f"{(state.episode, pulse.position)} after {newest}")
            newest = (state.episode, pulse.position)
            self.readings += 1
            self.stop.wait(0.005)
        model.close()


def test_rebuilds_under_load_lose_nothing_and_show_no_viewer_a_gap(
    tmp_path: Path,
    events_without_crashes: list[Timed],
    start: Start,
) -> None:
    live = tmp_path / "demo_state.db"
    log = EventLog(tmp_path / "events.db")
    log.append([event for event, _ in events_without_crashes[:200]])
    projecting = start("projections", "run", "--run-dir", tmp_path)
    wait_until(lambda: count_episodes(live) > 0)
    viewers = [Viewer(live) for _ in range(4)]
    for viewer in viewers:
        viewer.start()
    done = threading.Event()

    def train() -> None:
        """Append two events every 10 ms until the rebuilds are over, then the rest."""
        at = 200
        while at < len(events_without_crashes):
            size = len(events_without_crashes) if done.is_set() else at + 2
            log.append([event for event, _ in events_without_crashes[at:size]])
            at = size
            done.wait(0.01)

    trainer = threading.Thread(target=train)
    trainer.start()
    try:
        for names in ([], ["heatmap"], [], ["episodes", "affordances"], []):
            rebuilt = run_projections(tmp_path, "rebuild", *names)
            assert rebuilt.returncode == 0, rebuilt.stderr
    finally:
        done.set()
        trainer.join()
        log.close()
    wait_until(lambda: count_episodes(live) == 400)
    wait_until(lambda: min(viewer.readings for viewer in viewers) > 20)
    for viewer in viewers:
        viewer.stop.set()
        viewer.join()
    assert projecting.poll() is None
    assert [wrong for viewer in viewers for wrong in viewer.wrong] == []
    projecting.send_signal(signal.SIGTERM)
    assert projecting.wait(timeout=TIMEOUT) == 0
    assert dump(live) == dump(project_log(tmp_path / "events.db", tmp_path / "fresh.db"))


def test_a_killed_rebuild_leaves_the_live_file_as_it_was(run_dir: Path, start: Start) -> None:
    assert run_projections(run_dir, "run", "--until-caught-up").returncode == 0
    live = run_dir / "demo_state.db"
    before, inode = dump(live), live.stat().st_ino
    for step in range(8):
        process = start("projections", "rebuild", "--run-dir", run_dir)
        scratch = run_dir / f"demo_state.db.building-{process.pid}"
        if step % 2:
            wait_until(lambda: scratch.exists() or process.poll() is not None)  # noqa: B023
        time.sleep(0.05 * step)
        process.kill()
        process.wait(timeout=TIMEOUT)
        assert dump(live) == before
        assert live.stat().st_ino == inode
    assert run_projections(run_dir, "rebuild").returncode == 0
    assert list(run_dir.glob("*building*")) == [], "leftovers of killed rebuilds are cleared away"
    assert dump(live) == before


def test_a_projector_killed_anywhere_projects_every_event_once(
    tmp_path: Path,
    start: Start,
) -> None:
    story = synthetic.Scenario(episodes=4_000, resumes=2, seed=3, episodes_per_pool=20)
    log = write_log(tmp_path / "events.db", synthetic.generate_events(story))
    live = tmp_path / "demo_state.db"
    for seconds in (0.1, 0.3, 0.5, 0.2, 0.6, 0.4):
        process = start("projections", "run", "--run-dir", tmp_path)  # goes on until it is killed
        wait_until(live.exists)
        time.sleep(seconds)
        process.kill()
        assert process.wait(timeout=TIMEOUT) == -signal.SIGKILL
    assert run_projections(tmp_path, "run", "--until-caught-up").returncode == 0
    assert dump(live) == dump(project_log(log, tmp_path / "fresh.db"))


def test_a_file_of_an_older_program_is_rebuilt_at_the_next_start(run_dir: Path) -> None:
    """Its schema is older, and it has tables and a projector that no program has any more."""
    assert run_projections(run_dir, "run", "--until-caught-up").returncode == 0
    live = run_dir / "demo_state.db"
    before = dump(live)
    connection = apsw.Connection(str(live))
    connection.execute("ALTER TABLE projector_heartbeats RENAME TO projector_pulse")
    connection.execute("ALTER TABLE episode_details RENAME TO lives")
    connection.pragma("user_version", 1)
    connection.close()
    status = run_projections(run_dir, "status")
    assert status.returncode == 74
    assert "read-model schema version 1, this program knows 2" in status.stderr
    again = run_projections(run_dir, "run", "--until-caught-up")
    assert again.returncode == 0, again.stderr
    assert "made by an older version of this program" in again.stderr
    assert dump(live) == before


def test_a_read_model_of_another_version_is_rebuilt_at_the_next_start(run_dir: Path) -> None:
    assert run_projections(run_dir, "run", "--until-caught-up").returncode == 0
    live = run_dir / "demo_state.db"
    before = dump(live)
    connection = apsw.Connection(str(live))
    connection.execute("UPDATE projector_positions SET version = 0 WHERE name = 'affordances'")
    connection.execute("ALTER TABLE affordance_visits RENAME COLUMN visit_count TO old_name")
    connection.close()
    again = run_projections(run_dir, "run", "--until-caught-up")
    assert again.returncode == 0
    assert "rebuilding affordances" in again.stderr
    assert dump(live) == before


KILLED_WHILE_COPYING = """
import os, signal, sys
from pathlib import Path
import projections.engine.rebuild as rebuild
from projections.engine.engine import Engine
from projections.readmodels import READ_MODELS

calls, catch_up = 0, Engine.catch_up

def count(engine, *arguments):
    global calls
    calls += 1
    if calls == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return catch_up(engine, *arguments)

Engine.catch_up = count
rebuild.COPY_PAGES = 30
folder = Path(sys.argv[1])
rebuild.rebuild(folder / "demo_state.db", folder / "events.db", READ_MODELS)
"""


@pytest.mark.parametrize("copied", [1, 2, 10])
def test_a_kill_while_pages_are_copied_changes_nothing(run_dir: Path, copied: int) -> None:
    """Between two steps of the copy, with the live file's write lock held, the rebuilder dies."""
    assert run_projections(run_dir, "run", "--until-caught-up").returncode == 0
    live = run_dir / "demo_state.db"
    before = dump(live)
    process = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_COPYING, run_dir, str(1 + copied)],
        timeout=TIMEOUT,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert process.returncode == -signal.SIGKILL
    assert dump(live) == before
    assert run_projections(run_dir, "run", "--until-caught-up").returncode == 0
    assert dump(live) == before


def test_catching_up_survives_a_rebuild_in_the_middle(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The live file is rebuilt between two pages of `run --until-caught-up`."""
    live, log = run_dir / "demo_state.db", run_dir / "events.db"
    project, rebuilt = Engine.project, []

    def with_a_rebuild(engine: Engine, events: list[Recorded]) -> None:
        project(engine, events[:100])
        if not rebuilt:
            rebuilt.append(True)
            rebuild.rebuild(live, log, READ_MODELS)

    monkeypatch.setattr(Engine, "project", with_a_rebuild)
    projecting_process.run(live, log, READ_MODELS, threading.Event(), until_caught_up=True)
    assert rebuilt
    monkeypatch.undo()
    before = dump(live)
    assert run_projections(run_dir, "rebuild").returncode == 0
    assert dump(live) == before
