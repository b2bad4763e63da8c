"""The snapshot worker as a process, on a real read model: what it makes and makes up for, what stops it."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import apsw
import pytest
from PIL import Image

from tests.support.processes import Start, wait_until

COMMANDS = Path(sys.executable).parent
NOWHERE = "http://127.0.0.1:9/"
"""The discard port: every screenshot fails at once."""


def snapshots(run_dir: Path, *flags: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMANDS / "server", "snapshots", "--run-dir", run_dir, "--url", NOWHERE, *map(str, flags)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def gifs(run_dir: Path) -> dict[str, int]:
    """The GIFs there are, with the moment each was made."""
    return {path.name: path.stat().st_mtime_ns for path in (run_dir / "snapshots").glob("*.gif")}


ALL_GIFS = {f"novelty_ep{last - 49}-{last}.gif" for last in (50, 100, 150, 200, 250)}


def test_an_export_is_byte_for_byte_what_sqlite3_gives(run_dir: Path) -> None:
    made = snapshots(run_dir, "--once", "csv")
    assert made.returncode == 0, made.stderr
    exported = (run_dir / "exports" / made.stdout.strip()).read_bytes()
    expected = subprocess.run(
        ["sqlite3", "-csv", "-header", run_dir / "demo_state.db", "SELECT * FROM episodes"],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    assert exported == expected.stdout


def test_all_missing_gifs_are_made_and_none_twice(run_dir: Path) -> None:
    made = snapshots(run_dir, "--once", "gif")
    assert set(made.stdout.split()) == ALL_GIFS == set(gifs(run_dir)), made.stderr
    before = gifs(run_dir)
    (run_dir / "snapshots" / "novelty_ep101-150.gif").unlink()
    assert snapshots(run_dir, "--once", "gif").stdout.split() == ["novelty_ep101-150.gif"]
    after = gifs(run_dir)
    assert {name for name in ALL_GIFS if before[name] != after[name]} == {"novelty_ep101-150.gif"}
    index = json.loads((run_dir / "snapshots" / "index.json").read_text())
    assert [gif["first"] for gif in index["gifs"]] == [1, 51, 101, 151, 201]


def test_a_gif_shows_its_own_episodes_one_a_frame(run_dir: Path) -> None:
    snapshots(run_dir, "--once", "gif")
    connection = apsw.Connection(str(run_dir / "demo_state.db"), flags=apsw.SQLITE_OPEN_READONLY)
    with Image.open(run_dir / "snapshots" / "novelty_ep201-250.gif") as picture:
        assert picture.n_frames == 50
        for frame, episode in ((0, 201), (49, 250)):
            picture.seek(frame)
            rgb = picture.convert("RGB")
            rows = connection.execute(
                "SELECT x, y FROM position_heatmap WHERE episode_id = ? ORDER BY novelty_value",
                (episode,),
            ).fetchall()
            brightness = [sum(rgb.getpixel((32 + 72 * x + 6, 84 + 72 * y + 6))) for x, y in rows]
            assert brightness == sorted(brightness), f"frame {frame} is not episode {episode}"


def test_too_few_episodes_for_a_gif_are_said_in_one_sentence(run_dir: Path) -> None:
    ended = snapshots(run_dir, "--once", "gif", "--gif-episodes", 500)
    assert ended.returncode == 74
    assert "260 episodes have finished, a GIF needs 500" in ended.stderr


def test_a_page_that_is_not_there_is_said_in_one_sentence(run_dir: Path) -> None:
    ended = snapshots(run_dir, "--once", "screenshot")
    assert ended.returncode != 0
    assert f"error: no screenshot of {NOWHERE}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_worker_makes_up_for_what_it_missed_and_goes_on_after_a_kill(run_dir: Path, start: Start) -> None:
    def work() -> subprocess.Popen[bytes]:
        return start("server", "snapshots", "--run-dir", run_dir, "--url", NOWHERE, "--poll", "0.2")

    first = work()
    wait_until(lambda: len(gifs(run_dir)) >= 2)
    first.kill()
    first.wait()
    (run_dir / "snapshots" / "novelty_ep1-50.gif.1.part").write_bytes(b"half")
    made = gifs(run_dir)

    second = work()
    final = run_dir / "exports" / "final_metrics.csv"
    wait_until(lambda: set(gifs(run_dir)) == ALL_GIFS and final.exists())
    assert not list((run_dir / "snapshots").glob("*.part"))
    assert {name: gifs(run_dir)[name] for name in made} == made
    assert not list((run_dir / "exports").glob("metrics_*.csv")), (
        "the final export of a finished run is enough"
    )
    assert final.read_text().count("\n") == 261

    third = subprocess.run(
        [COMMANDS / "server", "snapshots", "--run-dir", run_dir], capture_output=True, text=True, timeout=120
    )
    assert third.returncode == 75
    assert "already in use by server snapshots" in third.stderr
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=120) == 0


def test_old_screenshots_are_thinned_out_and_nothing_else(run_dir: Path, start: Start) -> None:
    folder = run_dir / "snapshots"
    folder.mkdir()
    three_hours = [
        f"screenshot_20260921T{hour}{minute:02}00Z.png" for hour in (10, 11, 12) for minute in (5, 35)
    ]
    others = ["novelty_ep9001-9050.gif", "screenshot_of_mine.png", "checkpoint_ep00100.pt"]
    for name in [*three_hours, *others]:
        (folder / name).write_bytes(b"old")
        os.utime(folder / name, (0, 0))
    # though nothing is written below the floor: this makes room
    start("server", "snapshots", "--run-dir", run_dir, "--url", NOWHERE, "--poll", "0.2",
          "--disk-floor", 10**9)  # fmt: skip
    wait_until(lambda: len(list(folder.glob("screenshot_2026*.png"))) == 3)
    assert {path.name for path in folder.glob("screenshot_2026*.png")} == set(three_hours[::2])
    assert all((folder / name).exists() for name in others)


def test_below_the_floor_nothing_is_written_and_the_index_says_why(
    run_dir: Path, tmp_path: Path,
    start: Start
) -> None:  # fmt: skip
    start("server", "snapshots", "--run-dir", run_dir, "--url", NOWHERE, "--poll", "0.2",
          "--disk-floor", 10**9)  # fmt: skip
    index = run_dir / "snapshots" / "index.json"
    wait_until(index.exists)
    paused = json.loads(index.read_text())["paused"]
    assert paused.startswith("less than 1000000000 MB are free on the disk")
    assert not gifs(run_dir)
    assert not list(run_dir.glob("exports/*"))
    assert paused in (tmp_path / "server-0.log").read_text()


def test_what_cannot_be_written_is_said_once_and_made_when_it_can(run_dir: Path, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    # a limit on the size of a file stands for a full disk: exports fit under it, GIFs do not
    command = ["prlimit", "--fsize=100000:unlimited", COMMANDS / "server", "snapshots",
               "--run-dir", run_dir, "--url", NOWHERE, "--poll", "0.2"]  # fmt: skip
    with log.open("wb") as output, subprocess.Popen(command, stderr=output) as worker:
        wait_until(lambda: "cannot be written" in log.read_text())
        wait_until((run_dir / "exports" / "final_metrics.csv").exists)
        said = f"GIFs: {run_dir}/snapshots/novelty_ep1-50.gif: cannot be written (File too large)"
        assert log.read_text().count(said) == 1
        assert not gifs(run_dir)
        assert not list((run_dir / "snapshots").glob("*.part"))
        subprocess.run(["prlimit", "--pid", str(worker.pid), "--fsize=unlimited"], check=True, timeout=120)
        wait_until(lambda: set(gifs(run_dir)) == ALL_GIFS)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=120) == 0


def test_a_supervisor_hears_that_the_worker_makes_its_rounds(
    run_dir: Path, tmp_path: Path, start: Start
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(120)
        start(
            "server", "snapshots", "--run-dir", run_dir, "--url", NOWHERE, "--poll", "0.2",
            environment={"NOTIFY_SOCKET": str(tmp_path / "notify")},
        )  # fmt: skip
        assert supervisor.recv(1024) == b"READY=1"
        round_made = supervisor.recv(1024).decode()
        assert round_made.startswith("WATCHDOG=1\nSTATUS=0 screenshots, 5 GIFs; screenshot: no screenshot of")


@pytest.mark.parametrize("flag", ["--screenshot-every", "--poll"])
def test_an_interval_of_nothing_is_refused(run_dir: Path, flag: str) -> None:
    ended = snapshots(run_dir, flag, "0", "--once", "csv")
    assert ended.returncode == 2
    assert flag in ended.stderr
