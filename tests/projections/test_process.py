"""The commands as a user starts them: waiting, following, vanishing files, rebuilds under load, errors."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import apsw
import pytest

from core.log import EventLog
from tests.support.logs import write_log
from tests.support.processes import Start, wait_until
from tests.support.read_models import count_episodes, run_projections

Timed = tuple[Any, float]
TIMEOUT = 120.0


def test_it_waits_for_the_log_follows_it_and_ends_cleanly(
    tmp_path: Path, start: Start, events_without_crashes: list[Timed]
) -> None:
    process = start("projections", "run", "--run-dir", tmp_path)
    wait_until(lambda: "waiting for" in (tmp_path / "projections-0.log").read_text())
    log = EventLog(tmp_path / "events.db")
    cut = len(events_without_crashes) // 2
    log.append([event for event, _ in events_without_crashes[:cut]])
    wait_until(lambda: count_episodes(tmp_path / "demo_state.db") > 0)
    log.append([event for event, _ in events_without_crashes[cut:]])
    wait_until(lambda: count_episodes(tmp_path / "demo_state.db") == 400)
    log.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=TIMEOUT) == 0


def test_a_second_projector_is_refused(run_dir: Path, start: Start) -> None:
    start("projections", "run", "--run-dir", run_dir)
    wait_until(lambda: count_episodes(run_dir / "demo_state.db") == 400)
    second = run_projections(run_dir, "run", "--until-caught-up")
    assert second.returncode == 75
    assert second.stderr.startswith("error: ")
    assert "already in use by projections run (pid" in second.stderr


def test_a_read_model_deleted_in_use_is_made_anew(run_dir: Path, start: Start) -> None:
    start("projections", "run", "--run-dir", run_dir)
    live = run_dir / "demo_state.db"
    wait_until(lambda: count_episodes(live) == 400)
    with live.open("rb") as old:  # held open, so that its inode number is not given away again
        before = os.fstat(old.fileno()).st_ino
        for suffix in ("", "-wal", "-shm"):
            live.with_name(live.name + suffix).unlink(missing_ok=True)
        wait_until(lambda: live.exists() and live.stat().st_ino != before and count_episodes(live) == 400)


def test_another_runs_log_in_its_place_is_projected_anew(
    run_dir: Path,
    start: Start,
    events_without_crashes: list[Timed],
) -> None:
    start("projections", "run", "--run-dir", run_dir)
    live, log = run_dir / "demo_state.db", run_dir / "events.db"
    wait_until(lambda: count_episodes(live) == 400)
    other = write_log(
        run_dir / "other.db", [(event, when + 9e6) for event, when in events_without_crashes[:300]]
    )
    for suffix in ("-wal", "-shm"):
        log.with_name(log.name + suffix).unlink(missing_ok=True)
    other.rename(log)
    wait_until(lambda: 0 < count_episodes(live) < 400)


@pytest.mark.parametrize("command", [["run", "--until-caught-up"], ["status"], ["at", "--episode", "1"]])
def test_garbage_gives_one_clear_sentence_and_a_rebuild_repairs_it(run_dir: Path, command: list[str]) -> None:
    (run_dir / "demo_state.db").write_bytes(b"this is not a database, " * 400)
    refused = run_projections(run_dir, *command)
    assert refused.returncode == 74
    assert refused.stderr.count("\n") == 1
    assert str(run_dir / "demo_state.db") in refused.stderr
    assert "projections rebuild" in refused.stderr

    mended = run_projections(run_dir, "rebuild")
    assert mended.returncode == 0, mended.stderr
    assert count_episodes(run_dir / "demo_state.db") == 400
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
    assert run_projections(run_dir, "run", "--until-caught-up").returncode == 0
    refused = run_projections(run_dir, *arguments)
    assert (refused.returncode, "Traceback" in refused.stderr) == (code, False)
    assert text in refused.stderr


def test_without_a_log_it_says_so(tmp_path: Path) -> None:
    refused = run_projections(tmp_path, "run", "--until-caught-up")
    assert refused.returncode == 74
    assert "no such log" in refused.stderr
    report = json.loads(run_projections(tmp_path, "status", "--json").stdout)
    assert (report["head"], report["projectors"]) == (None, [])


def test_status_and_both_clocks_of_time_travel(run_dir: Path) -> None:
    assert run_projections(run_dir, "run", "--until-caught-up").returncode == 0
    report = json.loads(run_projections(run_dir, "status", "--json").stdout)
    assert {projector["lag"] for projector in report["projectors"]} == {0}
    assert {projector["position"] for projector in report["projectors"]} == {report["head"]}
    assert json.loads(run_projections(run_dir, "at", "--episode", "123").stdout)["episode"] == 123

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
    shown = json.loads(run_projections(run_dir, "at", "--position", str(resumed - 1)).stdout)
    assert shown["episode"] == lost
    assert json.loads(run_projections(run_dir, "at", "--position", str(resumed)).stdout)["episode"] == after

    past = run_dir / "past.db"
    assert run_projections(run_dir, "rebuild", "--until", str(resumed), "--out", str(past)).returncode == 0
    assert count_episodes(past) == after
    assert run_projections(run_dir, "rebuild", "--until", str(resumed), "--out", str(past)).returncode == 74


def test_the_queries_of_the_specification_work_while_it_runs(run_dir: Path, start: Start) -> None:
    start("projections", "run", "--run-dir", run_dir)
    live = run_dir / "demo_state.db"
    wait_until(lambda: count_episodes(live) == 400)

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
