"""What `pip install` of the wheel gives to somebody without a checkout and without Node."""

import contextlib
import getpass
import json
import re
import subprocess
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.version import VERSION
from tests.support.processes import REPOSITORY, end, start_command, wait_until
from tests.support.servers import fetch, ready_address

CARRIED = (
    "configs/grafana/*",
    "configs/prometheus/*",
    "configs/systemd/*",
    "configs/teaching/**/*",
    "configs/townlet/*",
    "docs/operate/*",
    "frontend/dist-frozen/**/*",
    "frontend/dist/**/*",
)
COMMANDS = ("producer", "projections", "server")
READY = re.compile(r"The dashboard is at (http://\S+)")
ASSET = re.compile(r'(?:src|href)="\./([^"]+)"')


def run(installed: Path, folder: Path, *arguments: object) -> str:
    """Run a command of the wheel outside the checkout, with nothing else in the PATH; its output."""
    command, *rest = map(str, arguments)
    ended = subprocess.run(
        [installed / command, *rest], capture_output=True, text=True, timeout=120, cwd=folder,
        env=surroundings(installed, folder),
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return ended.stdout


def surroundings(installed: Path, folder: Path) -> dict[str, str]:
    return {"PATH": str(installed), "HOME": str(folder), "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}


def test_the_wheel_carries_the_files_of_the_checkout_and_nothing_else(wheel: Path) -> None:
    files = [path for pattern in CARRIED for path in REPOSITORY.glob(pattern) if path.is_file()]
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if name.startswith("core/_resources/")}
        assert carried == {f"core/_resources/{path.relative_to(REPOSITORY)}" for path in files}
        for path in files:
            assert archive.read(f"core/_resources/{path.relative_to(REPOSITORY)}") == path.read_bytes()
        others = set(archive.namelist()) - carried
        folders = {name.split("/")[0] for name in others}
        assert folders == {"core", "producer", "projections", "server", f"hamlet_demo-{VERSION}.dist-info"}
        assert {Path(name).suffix for name in others if not name.startswith("hamlet_demo")} == {
            ".py",
            ".typed",
        }
        metadata = archive.read(f"hamlet_demo-{VERSION}.dist-info/METADATA").decode()
    assert f"\nVersion: {VERSION}\n" in metadata


def test_the_commands_are_those_of_the_wheel_and_say_its_version(installed: Path, tmp_path: Path) -> None:
    where = "import core, producer, projections, server as s; print(core.__file__, producer.__file__,"
    told = run(installed, tmp_path, "python", "-c", f"{where} projections.__file__, s.__file__, sep='\\n')")
    assert all(line.startswith(str(installed.parent)) for line in told.splitlines()), told
    for command in COMMANDS:
        assert run(installed, tmp_path, command, "--version") == f"{command}, of Hamlet {VERSION}\n"


def test_units_of_the_wheel_name_its_commands_and_places(installed: Path, tmp_path: Path) -> None:
    printed = run(
        installed, tmp_path, "producer", "install-service", "--user", getpass.getuser(),
        "--run-dir", tmp_path / "run", "--config", "quick",
    )  # fmt: skip
    assert printed.count("\nExecStart=") == 5
    for command in ("producer run", "projections run", "server run", "server snapshots", "server stream"):
        assert f"\nExecStart={installed}/{command}\n" in printed
    named = re.search(r"HAMLET_CONFIG=(\S+)", printed)
    assert named is not None
    assert Path(named[1]).read_bytes() == (REPOSITORY / "configs/townlet/quick.yaml").read_bytes()
    documented = re.search(r"Documentation=file://(\S+)", printed)
    assert documented is not None
    assert Path(documented[1]).is_file()


def test_from_the_wheel_alone_a_run_is_trained_projected_and_shown(installed: Path, tmp_path: Path) -> None:
    options = ("--run-dir", tmp_path / "run")
    run(installed, tmp_path, "producer", "run", "--config", "quick", "--episodes", 20, *options)
    run(installed, tmp_path, "projections", "run", "--until-caught-up", *options)
    with serving(installed, tmp_path, tmp_path / "run") as address:
        page = fetch(address + "/").decode()
        assets = ASSET.findall(page)
        assert len(assets) >= 3, page
        for asset in assets:
            assert fetch(f"{address}/{asset}") == (REPOSITORY / "frontend/dist" / asset).read_bytes(), asset
        assert json.loads(fetch(address + "/api/state"))["episode"] == 20
        health = json.loads(fetch(address + "/healthz"))
    assert (health["ready"], health["version"]) == (True, VERSION)


GYMNASIUM = """
import gymnasium
env = gymnasium.make("producer.environment.gymnasium_env:Hamlet/Town-v0", config="quick", render_mode="ansi")
env.reset(seed=1)
env.step(0)
print(env.render())
print(gymnasium.make_vec("Hamlet/Town-v0", num_envs=3).reset(seed=1)[0].shape)
"""


def test_the_gymnasium_town_of_the_wheel_needs_no_other_file(installed: Path, tmp_path: Path) -> None:
    shown = run(installed, tmp_path, "python", "-c", GYMNASIUM)
    assert "@ agent" in shown
    assert shown.splitlines()[-1].startswith("(3, ")


@contextlib.contextmanager
def serving(installed: Path, folder: Path, run_dir: Path) -> Iterator[str]:
    """The wheel's server on a free port, with the dashboard it carries; its address, once it is ready."""
    output = folder / "server.log"
    command = (installed / "server", "run", "--run-dir", run_dir, "--port", 0)
    process = start_command(
        output, *command, environment=surroundings(installed, folder), folder=folder, inherit=False
    )
    try:
        address = f"http://{ready_address(process, output)}"
        wait_until(lambda: shows_a_state(address))
        yield address
    finally:
        assert end(process) == 0


def shows_a_state(address: str) -> bool:
    try:
        return bool(fetch(address + "/healthz"))
    except urllib.error.HTTPError:  # 503 until it has looked at the read model
        return False


def test_a_configuration_that_does_not_come_along_is_refused_with_those_that_do(
    installed: Path, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [installed / "producer", "run", "--config", "quik", "--run-dir", tmp_path / "run"],
        capture_output=True, text=True, timeout=120, cwd=tmp_path, env=surroundings(installed, tmp_path),
    )  # fmt: skip
    assert ended.returncode == 78
    assert ended.stderr == (
        "error: --config quik: no such file; give the path of a YAML file,"
        " or one of multi_day, no_money, quick, reward_hacking, sparse_adaptive, tiny, two_jobs\n"
    )


@pytest.mark.parametrize("manifest", ["frontend/package.json", "frontend/package-lock.json"])
def test_nothing_else_says_a_version_of_hamlet(manifest: str) -> None:
    said = json.loads((REPOSITORY / manifest).read_text())
    assert "version" not in said
    assert "version" not in said.get("packages", {}).get("", {})
