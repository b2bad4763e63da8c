"""systemd units for the processes of one run, made from the unit files of this installation.

The unit files in `configs/systemd` are written for an installation in /opt/hamlet that writes to
/var/lib/hamlet as user hamlet. `make_units` replaces these places. With a name it makes the units of one run
among several (`hamlet-producer@NAME.service`); without an account it makes units for `systemctl --user`. With
a directory of runs in place of one run it makes those of the projections and of the server alone.
"""

import pwd
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from core.errors import ConfigError, StoreError
from core.process.files import atomic_write
from core.resources import MANUAL, UNITS, resource_folder

__all__ = ["DEFAULT_PORT", "ServiceOptions", "install", "make_units"]

STANDARD_COMMANDS = "/opt/hamlet/.venv/bin"
STANDARD_CONFIG = "/opt/hamlet/configs/townlet/sparse_adaptive.yaml"
STANDARD_MANUAL = "/opt/hamlet/docs"
STANDARD_RUN = "/var/lib/hamlet"
DEFAULT_PORT = 8765

PLAIN = re.compile(r"[\w/.,:@+-]+")
"""What a path may hold: to systemd blanks, quotes, %, $ and backslashes mean something else."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
"""What the name of a run may be, so that it needs no escaping in a unit's name."""

UNIT = re.compile(r"\bhamlet(-\w+)?\.(service|target)\b")
RUN_OF_UNIT = re.compile(
    r"^Environment=(?:HAMLET_DB_PATH=(?=.*/demo_state\.db$)|HAMLET_RUNS_DIR=)(.*?)(?:/demo_state\.db)?$",
    re.MULTILINE,
)
OF_ONE_RUN = ("producer", "snapshots", "stream")
"""Units that a directory of many runs has no use for."""
PORT_OF_UNIT = re.compile(r"^Environment=HAMLET_VIZ_PORT=(\d+)$", re.MULTILINE)

NEEDS_ROOT = re.compile(
    r"^(User|ProtectSystem|ProtectHome|ReadWritePaths|PrivateTmp|PrivateNetwork|PrivateDevices|ProtectKernel\w+"
    r"|ProtectControlGroups|ProtectClock|ProtectHostname|ProtectProc|RemoveIPC|CapabilityBoundingSet|IPAddress\w+)"
    r"=.*\n",
    re.MULTILINE,
)
"""Settings that the service manager of a user cannot apply; with them a unit would not start."""


class ServiceOptions(NamedTuple):
    """For what the units are made."""

    run_dir: Path
    """Directory of the run, or of many runs."""
    config: Path | None
    """Configuration of the run; None for a directory of many."""
    account: str | None
    """The user that the processes run as; None for the units of `systemctl --user`."""
    name: str | None = None
    """The run's name in the names of the units; None for the only run of this machine."""
    port: int = DEFAULT_PORT
    """The server's port."""


def make_units(options: ServiceOptions) -> dict[str, str]:
    """The units by file name; they start the commands beside the Python that runs now.

    Raises:
        ConfigError: no such user or configuration, or a path or a name that a unit cannot have.
        StoreError: the installation has no unit files.
    """
    if options.account is not None:
        try:
            pwd.getpwnam(options.account)
        except KeyError:
            raise ConfigError(
                f"--user {options.account}: no such user; create it first, for example with useradd"
            ) from None
    if options.config is not None and not options.config.is_file():
        raise ConfigError(f"--config {options.config}: no such file; give the path of a YAML file")
    if options.name is not None and not NAME.fullmatch(options.name):
        raise ConfigError(f"--name {options.name}: write letters, digits, '.', '_' and '-' only")
    folder = resource_folder(UNITS)
    paths = sorted([*folder.glob("hamlet-*.service"), *folder.glob("hamlet.target")])
    if not paths:
        raise StoreError(f"{folder}: no units there; install Hamlet again, they come along with it")
    if options.config is None:
        paths = [path for path in paths if path.stem.removeprefix("hamlet-") not in OF_ONE_RUN]
    return {
        _unit_name(path.name, options.name): _made_out(path.read_text(encoding="utf-8"), options)
        for path in paths
    }


def _made_out(text: str, options: ServiceOptions) -> str:
    # the longest path first, as another may be a part of it; in one pass, since ours may hold a standard one
    replacements = {
        STANDARD_COMMANDS: _plain(Path(sys.executable).parent, "the commands' own folder"),
        STANDARD_CONFIG: _plain(options.config.resolve(), "--config") if options.config is not None else "",
        STANDARD_MANUAL: _plain(resource_folder(MANUAL), "the manual's folder"),
        STANDARD_RUN: _plain(
            options.run_dir.resolve(), "--run-dir" if options.config is not None else "--runs"
        ),
        f"HAMLET_VIZ_PORT={DEFAULT_PORT}": f"HAMLET_VIZ_PORT={options.port}",
        f"127.0.0.1:{DEFAULT_PORT}": f"127.0.0.1:{options.port}",
        "hamlet/stream.env": f"hamlet/stream-{options.name}.env" if options.name else "hamlet/stream.env",
        "User=hamlet\n": f"User={options.account}\n",
        "Description=Hamlet": f"Description=Hamlet {options.name}" if options.name else "Description=Hamlet",
    }
    standards = re.compile("|".join(map(re.escape, replacements)))
    text = UNIT.sub(lambda found: _unit_name(found[0], options.name), text)
    text = standards.sub(lambda found: replacements[found[0]], text)
    if options.config is None:
        text = RUN_OF_UNIT.sub(r"Environment=HAMLET_RUNS_DIR=\1", text)
    if options.account is None:
        text = NEEDS_ROOT.sub("", text).replace("WantedBy=multi-user.target", "WantedBy=default.target")
    return text


def _unit_name(unit: str, run: str | None) -> str:
    """`hamlet-server.service` for the only run, `hamlet-server@RUN.service` for one of several."""
    stem, _, kind = unit.rpartition(".")
    return unit if run is None else f"{stem}@{run}.{kind}"


def _plain(path: Path, what: str) -> str:
    if not PLAIN.fullmatch(str(path)):
        raise ConfigError(
            f"{what} {path}: a systemd unit cannot name this path; choose one of letters, digits and /._,:@+-"
        )
    return str(path)


def install(units: Mapping[str, str], folder: Path, replace: bool = False) -> None:
    """Write the units where systemd looks for them; units that are there and equal are no obstacle.

    Raises:
        ConfigError: units of another run have these names, this run directory or this port; nothing was
            written. `replace` permits the names.
        StoreError: the folder cannot be written.
    """
    for path in sorted(folder.glob("hamlet*.service")):
        _require_no_clash(path, units, replace)
    for name, text in units.items():
        try:
            # a new account has no ~/.config/systemd/user
            folder.mkdir(parents=True, exist_ok=True)
            atomic_write(folder / name, text.encode())
        except OSError as error:
            raise StoreError(
                f"{folder / name}: cannot be written ({error.strerror}); be root, or choose another --to"
            ) from error


def _require_no_clash(path: Path, units: Mapping[str, str], replace: bool) -> None:
    installed = path.read_text(encoding="utf-8", errors="replace")
    if path.name in units:
        if installed != units[path.name] and not replace:
            run = RUN_OF_UNIT.search(installed)
            which = f", for the run in {run[1]}" if run else ""
            raise ConfigError(
                f"{path}: is there already{which}; give this run a --name"
                " of its own, or replace these units with --replace"
            )
        return
    for what, pattern, advice in (
        ("run directory", RUN_OF_UNIT, "choose another --run-dir"),
        ("port", PORT_OF_UNIT, "choose another --port"),
    ):
        theirs = pattern.search(installed)
        for text in units.values():
            ours = pattern.search(text)
            if theirs and ours and theirs[1] == ours[1]:
                raise ConfigError(f"{path}: has the {what} {ours[1]} already; {advice}")
