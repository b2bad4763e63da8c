"""Dockerfile and compose files, as far as they can be checked without an engine."""

import fnmatch
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import producer.cli
import projections.cli
import server.cli
from tests.support.processes import REPOSITORY
from tests.support.read_models import catch_up
from tests.support.synthetic import Scenario, write_synthetic_log

COMPOSE = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
COMMANDS = {
    "producer": producer.cli.producer,
    "projections": projections.cli.group,
    "server": server.cli.group,
}


def by_specification(compose: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", compose],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["compose.yaml", "compose.cuda.yaml"])
def test_compose_files_follow_the_specification(name: str) -> None:
    checked = by_specification(REPOSITORY / name)
    assert checked.returncode == 0, checked.stdout


def test_the_specification_refuses_what_is_wrong(tmp_path: Path) -> None:
    """So that the test above can fail."""
    (tmp_path / "compose.yaml").write_text("services: {viz: {imagine: hamlet}}\n")
    checked = by_specification(tmp_path / "compose.yaml")
    assert checked.returncode == 1
    assert "imagine" in checked.stdout


def test_the_seeds_services_are_there_and_each_runs_a_command_that_exists() -> None:
    assert set(SERVICES) == {"training", "viz", "snapshots", "projections", "stream"}
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {"stream"}
    for service in SERVICES.values():
        command, below = service["command"]
        assert below in COMMANDS[command].commands
    image_command, below = re.search(r'^CMD \["(\w+)", "(\w+)"\]', DOCKERFILE, re.MULTILINE).groups()  # type: ignore[union-attr]
    assert below in COMMANDS[image_command].commands


def test_what_a_service_writes_is_in_a_volume_that_the_image_declares() -> None:
    declared = re.search(r"^VOLUME \[(.*)\]", DOCKERFILE, re.MULTILINE)
    assert declared is not None
    folders = set(re.findall(r'"(/\w+)"', declared[1]))
    mounted = [volume.split(":")[:2] for service in SERVICES.values() for volume in service["volumes"]]
    assert {folder for _, folder in mounted} == folders
    assert {name for name, _ in mounted} == set(COMPOSE["volumes"])
    variables = dict(re.findall(r"(HAMLET_\w+)=(\S+)", DOCKERFILE))
    assert "/" + variables["HAMLET_DB_PATH"].split("/")[1] in folders
    assert {variables["HAMLET_CHECKPOINT_DIR"], variables["HAMLET_SNAPSHOT_DIR"]} < folders
    assert str(Path(variables["HAMLET_SNAPSHOT_DIR"]).parent / "exports") in folders


def test_every_variable_is_one_that_hamlet_reads() -> None:
    told = set(re.findall(r"HAMLET_\w+(?==)", DOCKERFILE))
    told |= {name for service in SERVICES.values() for name in service.get("environment", {})}
    page = (REPOSITORY / "docs" / "operate" / "README.md").read_text()
    assert {name for name in told if f"`{name}`" not in page} == set()


def test_all_that_is_copied_is_there_and_not_ignored() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {source.rstrip("/") for line in copied for source in line.split()}
    assert len(sources) >= 10
    rules = [
        line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line[:1] not in ("", "#")
    ]
    for source in sources:
        assert (REPOSITORY / source).exists(), source
        ignored = False
        for rule in rules:
            pattern = rule.removeprefix("!")
            if any(fnmatch.fnmatch(part, pattern) for part in (source, source.split("/")[0])):
                ignored = not rule.startswith("!")
        assert not ignored, source


def health_query(service: str) -> tuple[str, str]:
    """The file and the statement that a service's health check asks with sqlite3."""
    _, check = SERVICES[service]["healthcheck"]["test"]
    asked = re.fullmatch(r'sqlite3 -readonly /data/(\S+) "(SELECT .*)" \| grep -qx 1', check)
    assert asked is not None, check
    return asked[1], asked[2]


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short synthetic run, projected."""
    folder = tmp_path_factory.mktemp("run")
    write_synthetic_log(folder / "events.db", Scenario(episodes=20))
    catch_up(folder)
    return folder


@pytest.mark.parametrize(
    ("service", "newest"),
    [
        ("training", "(SELECT max(recorded_at) FROM events)"),
        ("projections", "(SELECT max(committed_at) FROM projector_heartbeats)"),
    ],
)
def test_a_health_check_distinguishes_a_recent_heartbeat_from_an_old_one(
    run_dir: Path, service: str, newest: str
) -> None:
    file, statement = health_query(service)

    def healthy(now: str) -> str:
        asked = subprocess.run(
            ["sqlite3", "-readonly", run_dir / file, statement.replace("unixepoch()", now)],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        return asked.stdout.strip()

    assert healthy(f"({newest} + 1)") == "1"
    assert healthy(f"({newest} + 1000)") == "0"


def test_the_image_is_not_run_by_root_and_hands_signals_on() -> None:
    runtime = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert runtime.index("\nUSER hamlet\n") < runtime.index("\nENTRYPOINT [")
    assert 'ENTRYPOINT ["tini", "--"]' in runtime
    assert "/healthz" in runtime[runtime.index("HEALTHCHECK") :]
