"""The systemd units that come along, made out for a user, a run directory and a configuration.

As they are written, in `configs/systemd`, they are those of an installation in /opt/hamlet that writes to
/var/lib/hamlet as user hamlet; here these places are replaced, and nothing else.
"""

import pwd
import re
import sys
from pathlib import Path

from core.errors import ConfigError, StoreError
from core.resources import MANUAL, UNITS, resource_folder

__all__ = ["install", "make_out"]

STANDARD_COMMANDS = "/opt/hamlet/.venv/bin"
STANDARD_CONFIG = "/opt/hamlet/configs/townlet/sparse_adaptive.yaml"
STANDARD_MANUAL = "/opt/hamlet/docs"
STANDARD_RUN = "/var/lib/hamlet"
PLAIN = re.compile(r"[\w/.,:@+-]+")
"""What a path may hold: to systemd blanks, quotes, %, $ and backslashes mean something else."""


def make_out(user: str, run_dir: Path, config: Path) -> dict[str, str]:
    """The units by file name; they start the commands beside the Python that runs now.

    Raises:
        ConfigError: no such user or configuration, or a path that a unit cannot name.
        StoreError: the units are not where they should be.
    """
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise ConfigError(f"--user {user}: no such user; create it first, for example with useradd") from None
    if not config.is_file():
        raise ConfigError(f"--config {config}: no such file; give the path of a YAML file")
    folder = resource_folder(UNITS)
    paths = sorted([*folder.glob("hamlet-*.service"), *folder.glob("hamlet.target")])
    if not paths:
        raise StoreError(f"{folder}: no units there; install Hamlet again, they come along with it")
    # the longest path first, as another may be a part of it; in one pass, since ours may hold a standard one
    replacements = {
        STANDARD_COMMANDS: _plain(Path(sys.executable).parent, "the commands' own folder"),
        STANDARD_CONFIG: _plain(config.resolve(), "--config"),
        STANDARD_MANUAL: _plain(resource_folder(MANUAL), "the manual's folder"),
        STANDARD_RUN: _plain(run_dir.resolve(), "--run-dir"),
        "User=hamlet\n": f"User={user}\n",
    }
    standards = re.compile("|".join(map(re.escape, replacements)))
    return {
        path.name: standards.sub(lambda found: replacements[found[0]], path.read_text(encoding="utf-8"))
        for path in paths
    }


def _plain(path: Path, what: str) -> str:
    if not PLAIN.fullmatch(str(path)):
        raise ConfigError(
            f"{what} {path}: a systemd unit cannot name this path; choose one of letters, digits and /._,:@+-"
        )
    return str(path)


def install(units: dict[str, str], folder: Path) -> None:
    """Write the units where systemd looks for them.

    Raises:
        StoreError: the folder cannot be written.
    """
    for name, text in units.items():
        try:
            (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"{folder / name}: cannot be written ({error.strerror}); be root, or choose another --to"
            ) from error
