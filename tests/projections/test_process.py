"""The commands as a user starts them: waiting, following, vanishing files, rebuilds under load, errors."""

import json
import os
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
from tests.support.processes import Start, run_command, wait_until
from tests.support.read_models import dump, project_log

Timed = tuple[Any, float]
TIMEOUT = 120.0


@pytest.fixture
def run_dir(tmp_path: Path, events_with_crashes: list[Timed]) -> Path:
    write_log(tmp_path / "events.db", events_with_crashes)
    return tmp_path


def call(folder: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run `projections …` on a run directory to its end."""
    return run_command("projections", *arguments, "--run-dir", folder)


def episodes(read_model: Path) -> int:
    model = ReadModel(read_model)
    with model.snapshot() as connection:
        if connection is None:
            return 0
        known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'episodes'").get
        count = connection.execute("SELECT count(*) FROM episodes").get if known else 0
    model.close()
    return int(count or 0)


def test_it_waits_for_the_log_follows_it_and_ends_cleanly(
    tmp_path: Path, start: Start, events_without_crashes: list[Timed]
) -> None:
    process = start("projections", "run", "--run-dir", tmp_path)
    wait_until(lambda: "waiting for" in (tmp_path / "projections-0.log").read_text())
    log = EventLog(tmp_path / "events.db")
    cut = len(events_without_crashes) // 2
    log.append([event for event, _ in events_without_crashes[:cut]])
    wait_until(lambda: episodes(tmp_path / "demo_state.db") > 0)
    log.append([event for event, _ in events_without_crashes[cut:]])
    wait_until(lambda: episodes(tmp_path / "demo_state.db") == 400)
    log.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=TIMEOUT) == 0


def test_a_second_projector_is_refused(run_dir: Path, start: Start) -> None:
    start("projections", "run", "--run-dir", run_dir)
    wait_until(lambda: episodes(run_dir / "demo_state.db") == 400)
    second = call(run_dir, "run", "--until-caught-up")
    assert second.returncode == 75
    assert second.stderr.startswith("error: ")
    assert "already in use by projections run (pid" in second.stderr


def test_a_read_model_deleted_in_use_is_made_anew(run_dir: Path, start: Start) -> None:
    start("projections", "run", "--run-dir", run_dir)
    live = run_dir / "demo_state.db"
    wait_until(lambda: episodes(live) == 400)
    with live.open("rb") as old:  # held open, so that its inode number is not given away again
        before = os.fstat(old.fileno()).st_ino
        for suffix in ("", "-wal", "-shm"):
            live.with_name(live.name + suffix).unlink(missing_ok=True)
        wait_until(lambda: live.exists() and live.stat().st_ino != before and episodes(live) == 400)


def test_another_runs_log_in_its_place_is_projected_anew(
    run_dir: Path,
    start: Start,
    events_without_crashes: list[Timed],
) -> None:
    start("projections", "run", "--run-dir", run_dir)
    live, log = run_dir / "demo_state.db", run_dir / "events.db"
    wait_until(lambda: episodes(live) == 400)
    other = write_log(
        run_dir / "other.db", [(event, when + 9e6) for event, when in events_without_crashes[:300]]
    )
    for suffix in ("-wal", "-shm"):
        log.with_name(log.name + suffix).unlink(missing_ok=True)
    other.rename(log)
    wait_until(lambda: 0 < episodes(live) < 400)


@pytest.mark.parametrize("command", [["run", "--until-caught-up"], ["status"], ["at", "--episode", "1"]])
def test_garbage_gives_one_clear_sentence_and_rebuild_mends_it(run_dir: Path, command: list[str]) -> None:
    (run_dir / "demo_state.db").write_bytes(b"this is not a database, " * 400)
    refused = call(run_dir, *command)
    assert refused.returncode == 74
    assert refused.stderr.count("\n") == 1
    assert str(run_dir / "demo_state.db") in refused.stderr
    assert "projections rebuild" in refused.stderr

    mended = call(run_dir, "rebuild")
    assert mended.returncode == 0, mended.stderr
    assert episodes(run_dir / "demo_state.db") == 400
    assert sorted(path.name for path in run_dir.glob("*building*")) == []


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["rebuild", "heatmaps"], 74, "no read model 'heatmaps'; there are run, episodes, heatmap"),
        (["rebuild", "--until", "5"], 2, "--until needs --out FILE"),
        (["rebuild", "--until", "999999", "--out", "past.db"], 74, "has no position 999999; give 1 to"),
        (["run", "--until-caught-up", "--skip", "3"], 74, "no projector is stopped at position 3"),
        (["at"], 2, "give either --episode or --position"),
        (["at", "--episode", "4000"], 74, "episode 4000 is not in the present lineage"),
    ],
)
def test_mistakes_get_one_clear_sentence(run_dir: Path, arguments: list[str], code: int, text: str) -> None:
    assert call(run_dir, "run", "--until-caught-up").returncode == 0
    refused = call(run_dir, *arguments)
    assert (refused.returncode, "Traceback" in refused.stderr) == (code, False)
    assert text in refused.stderr


def test_without_a_log_it_says_so(tmp_path: Path) -> None:
    refused = call(tmp_path, "run", "--until-caught-up")
    assert refused.returncode == 74
    assert "no such log" in refused.stderr
    report = json.loads(call(tmp_path, "status", "--json").stdout)
    assert (report["head"], report["projectors"]) == (None, [])


def test_status_and_both_clocks_of_time_travel(run_dir: Path) -> None:
    assert call(run_dir, "run", "--until-caught-up").returncode == 0
    report = json.loads(call(run_dir, "status", "--json").stdout)
    assert {projector["lag"] for projector in report["projectors"]} == {0}
    assert {projector["position"] for projector in report["projectors"]} == {report["head"]}
    assert json.loads(call(run_dir, "at", "--episode", "123").stdout)["episode"] == 123

    connection = apsw.Connection(str(run_dir / "events.db"))
    resumed, after = connection.execute(
        "SELECT position, json_extract(payload, '$.after_episode') FROM events WHERE type = 'run_resumed'"
    ).fetchall()[-1]
    (lost,) = connection.execute(
        "SELECT json_extract(payload, '$.episode') FROM events"
        " WHERE position < ? AND type = 'episode_finished' ORDER BY position DESC LIMIT 1",
        (resumed,),
    ).fetchall()[0]
    connection.close()
    assert lost > after
    assert json.loads(call(run_dir, "at", "--position", str(resumed - 1)).stdout)["episode"] == lost
    assert json.loads(call(run_dir, "at", "--position", str(resumed)).stdout)["episode"] == after

    past = run_dir / "past.db"
    assert call(run_dir, "rebuild", "--until", str(resumed), "--out", str(past)).returncode == 0
    assert episodes(past) == after
    assert call(run_dir, "rebuild", "--until", str(resumed), "--out", str(past)).returncode == 74


def test_the_seeds_one_liners_work_while_it_runs(run_dir: Path, start: Start) -> None:
    start("projections", "run", "--run-dir", run_dir)
    live = run_dir / "demo_state.db"
    wait_until(lambda: episodes(live) == 400)

    def sqlite3(*arguments: str) -> str:
        done = subprocess.run(
            ["sqlite3", *arguments], capture_output=True, text=True, timeout=TIMEOUT, check=True, cwd=run_dir
        )
        return done.stdout.strip()

    assert sqlite3("demo_state.db", "SELECT COUNT(*) FROM episodes") == "400"
    sqlite3("demo_state.db", ".mode csv", ".output data.csv", "SELECT * FROM episodes")
    assert len((run_dir / "data.csv").read_text().splitlines()) == 400
    keys = set(sqlite3("demo_state.db", "SELECT key FROM system_state").split())
    assert keys == {
        *("current_episode", "last_checkpoint", "training_status", "start_time"),
        *("affordance_randomization_episode", "old_affordance_positions", "new_affordance_positions"),
    }
    assert (
        sqlite3(
            "demo_state.db",
            "SELECT DISTINCT sum(visit_count) = survival_time FROM position_heatmap"
            " JOIN episodes USING (episode_id) GROUP BY episode_id",
        )
        == "1"
    )
    assert sqlite3("demo_state.db", "SELECT count(DISTINCT episode_id), count(*) FROM position_heatmap") == (
        "100|6400"
    )
    assert sqlite3("demo_state.db", "PRAGMA foreign_key_check") == ""


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


def test_rebuilds_under_load_lose_nothing_and_show_nobody_a_gap(
    tmp_path: Path,
    events_without_crashes: list[Timed],
    start: Start,
) -> None:
    live = tmp_path / "demo_state.db"
    log = EventLog(tmp_path / "events.db")
    log.append([event for event, _ in events_without_crashes[:200]])
    projecting = start("projections", "run", "--run-dir", tmp_path)
    wait_until(lambda: episodes(live) > 0)
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
            rebuilt = call(tmp_path, "rebuild", *names)
            assert rebuilt.returncode == 0, rebuilt.stderr
    finally:
        done.set()
        trainer.join()
        log.close()
    wait_until(lambda: episodes(live) == 400)
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
    assert call(run_dir, "run", "--until-caught-up").returncode == 0
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
    assert call(run_dir, "rebuild").returncode == 0
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
    assert call(tmp_path, "run", "--until-caught-up").returncode == 0
    assert dump(live) == dump(project_log(log, tmp_path / "fresh.db"))


def test_a_file_of_an_older_program_is_rebuilt_at_the_next_start(run_dir: Path) -> None:
    """Its schema is older, and it has tables and a projector that no program has any more."""
    assert call(run_dir, "run", "--until-caught-up").returncode == 0
    live = run_dir / "demo_state.db"
    before = dump(live)
    connection = apsw.Connection(str(live))
    connection.execute("ALTER TABLE projector_heartbeats RENAME TO projector_pulse")
    connection.execute("ALTER TABLE episode_details RENAME TO lives")
    connection.pragma("user_version", 1)
    connection.close()
    status = call(run_dir, "status")
    assert status.returncode == 74
    assert "read-model schema version 1, this program knows 2" in status.stderr
    again = call(run_dir, "run", "--until-caught-up")
    assert again.returncode == 0, again.stderr
    assert "made by an older version of this program" in again.stdout
    assert dump(live) == before


def test_a_read_model_of_another_version_is_rebuilt_at_the_next_start(run_dir: Path) -> None:
    assert call(run_dir, "run", "--until-caught-up").returncode == 0
    live = run_dir / "demo_state.db"
    before = dump(live)
    connection = apsw.Connection(str(live))
    connection.execute("UPDATE projector_positions SET version = 0 WHERE name = 'affordances'")
    connection.execute("ALTER TABLE affordance_visits RENAME COLUMN visit_count TO old_name")
    connection.close()
    again = call(run_dir, "run", "--until-caught-up")
    assert again.returncode == 0
    assert "rebuilding affordances" in again.stdout
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
    assert call(run_dir, "run", "--until-caught-up").returncode == 0
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
    assert call(run_dir, "run", "--until-caught-up").returncode == 0
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
    projecting_process.run(live, log, READ_MODELS, threading.Event(), lambda line: None, until_caught_up=True)
    assert rebuilt
    monkeypatch.undo()
    before = dump(live)
    assert call(run_dir, "rebuild").returncode == 0
    assert dump(live) == before
