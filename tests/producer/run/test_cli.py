"""The `producer` command as an operator meets it: real processes, real signals, one sentence per mistake."""

import re
import signal
import socket
from pathlib import Path

import pytest
import yaml

from core.codec import decode
from core.events import CheckpointSaved, EpisodeFinished, Heartbeat, RunResumed, RunStopped
from core.log import LogReader
from tests.support.processes import Start, run_command, wait_until

HEARTBEAT = re.compile(
    r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] Episode (\d+)/130 \| Survival: (\d+) steps \| Reward: (-?\d+\.\d)"
    r" \| Intrinsic Weight: (\d\.\d\d) \| Stage: ([1-5])/5$",
    re.MULTILINE,
)


def outcome(*arguments: object, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Run `producer …` to its end: the exit code and all that the command printed."""
    ended = run_command("producer", *arguments, environment=environment)
    return ended.returncode, ended.stdout + ended.stderr


def events(folder: Path) -> list:
    reader = LogReader(folder / "events.db")
    try:
        return [decode(record) for record in reader.read(0, 1_000_000)]
    finally:
        reader.close()


def is_training(folder: Path) -> bool:
    return (folder / "events.db").exists() and any(isinstance(e, EpisodeFinished) for e in events(folder))


def test_memory_near_its_limit_is_logged_once_and_in_every_heartbeat(
    tmp_path: Path, small_config: Path
) -> None:
    limit = {"HAMLET_MEMORY_LIMIT_MB": "60"}
    arguments = ("--config", small_config, "--run-dir", tmp_path, "--episodes", 40)
    code, output = outcome("run", *arguments, environment=limit)
    assert code == 0, output
    assert (
        len(re.findall(r"^\[.{19}\] warning: .* MiB of memory are .* of the limit of 57 MiB$", output, re.M))
        == 1
    )
    heartbeats = [event for event in events(tmp_path) if isinstance(event, Heartbeat)]
    assert {heartbeat.rss_limit_bytes for heartbeat in heartbeats} == {60_000_000}
    assert all("of the limit of 57 MiB" in heartbeat.memory_alarm for heartbeat in heartbeats)
    code, output = outcome("status", "--run-dir", tmp_path)
    assert len(output.splitlines()) == 6
    assert "MiB of memory (limit 57)" in output
    assert "of the limit of 57 MiB" in output.splitlines()[-1]

    wrong = {"HAMLET_MEMORY_LIMIT_MB": "much"}
    code, output = outcome("run", "--config", small_config, "--run-dir", tmp_path / "b", environment=wrong)
    assert code == 78
    assert output == "error: HAMLET_MEMORY_LIMIT_MB: 'much' is no number above 0; set one, or unset it\n"


def test_a_run_prints_the_specified_lines_and_then_evaluates(tmp_path: Path, small_config: Path) -> None:
    run_dir = tmp_path / "run"
    code, output = outcome("run", "--config", small_config, "--run-dir", run_dir)
    assert code == 0, output
    assert [int(match[1]) for match in HEARTBEAT.finditer(output)] == list(range(10, 131, 10))
    assert re.search(r"\] Checkpoint saved: checkpoint_ep00020\.pt$", output, re.MULTILINE)
    moved = r"\] GENERALIZATION TEST: Randomizing affordance positions at episode 50$"
    assert re.search(moved, output, re.MULTILINE)

    checkpoint = run_dir / "checkpoints" / "checkpoint_ep00130.pt"
    code, output = outcome("evaluate", "--checkpoint", checkpoint, "--episodes", 20)
    assert code == 0, output
    assert re.search(r"mean \d+\.\d of 150 steps, 95% confidence interval \d+\.\d to \d+\.\d", output)

    code, output = outcome("status", "--run-dir", run_dir)
    assert code == 0, output
    assert len(output.splitlines()) == 6
    assert "episode 130 of 130 (100%), stopped (completed" in output


def test_environment_variables_do_what_flags_do(tmp_path: Path, small_config: Path) -> None:
    environment = {
        "HAMLET_CONFIG": str(small_config),
        "HAMLET_DB_PATH": f"{tmp_path}/data/",
        "HAMLET_CHECKPOINT_DIR": f"{tmp_path}/elsewhere",
    }
    code, output = outcome("run", "--episodes", 20, environment=environment)
    assert code == 0, output
    assert isinstance(events(tmp_path / "data")[-1], RunStopped)
    assert (tmp_path / "elsewhere" / "checkpoint_ep00020.pt").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_soon_with_a_checkpoint(
    tmp_path: Path, small_config: Path, start: Start, number: signal.Signals
) -> None:
    run_dir = tmp_path / "run"
    process = start("producer", "run", "--config", small_config, "--run-dir", run_dir, "--episodes", 100_000)
    wait_until(lambda: is_training(run_dir))
    process.send_signal(number)
    assert process.wait(timeout=120) == 0
    *_, saved, stopped = events(run_dir)
    assert isinstance(saved, CheckpointSaved)
    assert stopped == RunStopped(episode=saved.episode, reason="signal", detail=number.name)
    assert (run_dir / "checkpoints" / saved.checkpoint.name).stat().st_size == saved.checkpoint.bytes


def test_a_second_producer_is_told_who_holds_the_log(
    tmp_path: Path,
    small_config: Path,
    start: Start,
) -> None:
    run_dir = tmp_path / "run"
    second = tmp_path / "second"
    second.mkdir()
    first = start("producer", "run", "--config", small_config, "--run-dir", run_dir, "--episodes", 100_000)
    wait_until(lambda: is_training(run_dir))
    process = start("producer", "run", "--config", small_config, "--run-dir", run_dir)
    assert process.wait(timeout=120) == 75
    output = (tmp_path / "producer-1.log").read_text()
    assert f"already in use by producer run (pid {first.pid}" in output
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=120) == 0


def test_a_paced_run_waits_records_heartbeats_and_still_stops_at_once(
    tmp_path: Path, small_config: Path, start: Start
) -> None:
    settings = yaml.safe_load(small_config.read_text())
    settings["training"]["pace"] = {"episodes_per_hour": 4}
    small_config.write_text(yaml.safe_dump(settings))
    run_dir = tmp_path / "run"
    process = start("producer", "run", "--config", small_config, "--run-dir", run_dir)
    wait_until(lambda: is_training(run_dir))
    # silence is what readers take for a crash, so heartbeats come while nothing else happens
    wait_until(lambda: any(isinstance(event, Heartbeat) for event in events(run_dir)))
    assert len([event for event in events(run_dir) if isinstance(event, EpisodeFinished)]) <= 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 0
    assert isinstance(events(run_dir)[-1], RunStopped)


MISTAKES = {
    "no configuration": (["run", "--run-dir", "{tmp}/run"], 78, "give --config FILE, or set HAMLET_CONFIG"),
    "no run directory": (["run", "--config", "{config}"], 78, "give --run-dir DIR, or set HAMLET_DB_PATH"),
    "missing file": (["run", "--config", "{tmp}/none.yaml", "--run-dir", "{tmp}/run"], 78, "none.yaml"),
    "unusable device": (
        ["run", "--config", "{config}", "--run-dir", "{tmp}/run", "--device", "abacus"],
        78,
        "training.device is 'abacus'",
    ),
    "folder is a file": (
        ["run", "--config", "{config}", "--run-dir", "{config}/run"],
        74,
        "cannot write there",
    ),
    "no checkpoint": (["evaluate", "--checkpoint", "{tmp}/no.pt"], 74, "no.pt: cannot be read"),
    "no log": (["status", "--run-dir", "{tmp}/nowhere"], 74, "events.db: no such log"),
    "a typing error in a key": (
        ["run", "--config", "{typo}", "--run-dir", "{tmp}/run"],
        78,
        "training.num_episdes; did you mean num_episodes?",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_sentence_and_its_exit_code(
    tmp_path: Path, small_config: Path, mistake: str
) -> None:
    typo = tmp_path / "typo.yaml"
    typo.write_text(small_config.read_text().replace("num_episodes", "num_episdes"))
    arguments, expected_code, sentence = MISTAKES[mistake]
    places = {"tmp": tmp_path, "config": small_config, "typo": typo}
    code, output = outcome(*(argument.format(**places) for argument in arguments))
    assert code == expected_code
    assert output.startswith("error: ")
    assert sentence in output
    assert len(output.splitlines()) == 1


def test_a_crashed_run_says_how_it_stands(
    tmp_path: Path,
    small_config: Path,
    start: Start,
) -> None:
    run_dir = tmp_path / "run"
    process = start("producer", "run", "--config", small_config, "--run-dir", run_dir, "--episodes", 100_000)
    wait_until(lambda: is_training(run_dir))
    process.kill()
    process.wait(timeout=120)
    reached = [event.episode for event in events(run_dir) if isinstance(event, EpisodeFinished)][-1]
    more = ("--episodes", reached + 20)
    code = start("producer", "run", "--config", small_config, "--run-dir", run_dir, *more).wait(120)
    assert code == 0
    resumed = [event for event in events(run_dir) if isinstance(event, RunResumed)]
    assert [event.reason for event in resumed] == ["restart"]


def test_a_supervisor_hears_when_it_is_ready_how_it_goes_and_that_it_stops(
    tmp_path: Path, small_config: Path, start: Start
) -> None:
    address = tmp_path / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(address))
        supervisor.settimeout(120)
        arguments = ("run", "--config", small_config, "--run-dir", tmp_path / "run", "--episodes", 30)
        process = start("producer", *arguments, environment={"NOTIFY_SOCKET": str(address)})
        heard: list[str] = []
        while "STOPPING=1" not in heard:
            heard += supervisor.recv(4096).decode().splitlines()
    assert process.wait(timeout=120) == 0
    assert heard[0] == "READY=1"
    assert heard.count("WATCHDOG=1") >= 3  # every ten episodes, and every ten seconds of a slow machine
    assert re.fullmatch(
        r"STATUS=episode 30 of 30, stage 1, survival \d+ steps,"
        r" (no checkpoint yet|checkpoint of episode \d+ is \d+ s old)",
        heard[-2],
    )


def test_a_finished_run_started_again_is_ready_and_ends(tmp_path: Path, small_config: Path) -> None:
    arguments = ("run", "--config", small_config, "--run-dir", tmp_path / "run", "--episodes", 20)
    assert outcome(*arguments)[0] == 0
    before = events(tmp_path / "run")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify.sock"))
        supervisor.settimeout(60)
        code, output = outcome(*arguments, environment={"NOTIFY_SOCKET": str(tmp_path / "notify.sock")})
        assert code == 0, output
        heard = (supervisor.recv(4096) + b"\n" + supervisor.recv(4096)).decode().splitlines()
    assert heard[0] == "READY=1"
    assert heard[-1] == "STOPPING=1"
    assert "all 20 episodes are done; nothing to do" in output
    assert events(tmp_path / "run") == before


def test_a_run_goes_on_with_its_log_alone_and_a_file_that_is_no_more_is_said(
    tmp_path: Path, small_config: Path
) -> None:
    run_dir = ("--run-dir", tmp_path / "run")
    settings = ("--set", "training.num_episodes=20", "--set", "population.learning_rate=1e-3")
    assert outcome("run", "--config", small_config, *run_dir, *settings)[0] == 0
    code, output = outcome("run", *run_dir, "--episodes", 30)
    assert code == 0, output
    assert "warning" not in output
    code, output = outcome("run", "--config", tmp_path / "removed.yaml", *run_dir, "--episodes", 40)
    assert code == 0, output
    assert re.search(
        r"^\[.{19}\] warning: .*removed\.yaml: .*; the run goes on with the configuration in its log$",
        output,
        re.M,
    )
    started, *_, stopped = events(tmp_path / "run")
    assert started.config["population"]["learning_rate"] == 1e-3
    assert stopped == RunStopped(episode=40, reason="completed", detail="40 episodes")

    code, output = outcome("run", *run_dir, "--episodes", 50, "--seed", 7, "--accept-config-change")
    assert code == 78
    assert "experiment.seed (was 0, now 7) cannot be changed in mid-run" in output
    assert events(tmp_path / "run")[-1] == stopped


@pytest.mark.parametrize(
    "setting", ["population.gamma", "=3", "population.gama=0.9", "population.gamma=[", "a=1"]
)
def test_a_setting_that_is_none_is_refused(tmp_path: Path, small_config: Path, setting: str) -> None:
    code, output = outcome("run", "--config", small_config, "--run-dir", tmp_path / "run", "--set", setting)
    assert code == 78, output
    assert len(output.splitlines()) == 1
    assert not (tmp_path / "run").exists()
