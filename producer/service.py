"""The systemd units of `configs/systemd/`, made out for a user, a run directory and a configuration.

The units in the repository are those of an installation in /opt/hamlet that writes to /var/lib/hamlet as user
hamlet; here these three are replaced, and nothing else.
"""

import pwd
import re
import sys
from pathlib import Path

from core.errors import ConfigError, StoreError

__all__ = ["install", "make_out"]

REPOSITORY = Path(__file__).parents[1]
UNITS = REPOSITORY / "configs" / "systemd"

STANDARD_COMMANDS = "/opt/hamlet/.venv/bin"
STANDARD_CONFIG = "/opt/hamlet/configs/townlet/sparse_adaptive.yaml"
STANDARD_PLACE = "/opt/hamlet"
STANDARD_RUN = "/var/lib/hamlet"


def make_out(user: str, run_dir: Path, config: Path) -> dict[str, str]:
    """The units by file name; they start the commands beside the Python that runs now.

    Raises:
        ConfigError: no such user or configuration.
        StoreError: the units are not where they should be.
    """
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise ConfigError(f"--user {user}: no such user; create it first, for example with useradd") from None
    if not config.is_file():
        raise ConfigError(f"--config {config}: no such file; give the path of a YAML file")
    paths = sorted([*UNITS.glob("hamlet-*.service"), *UNITS.glob("hamlet.target")])
    if not paths:
        raise StoreError(f"{UNITS}: no units there; run this from a checkout of the repository")
    # the longer path first, the shorter one is a part of it; in one pass, since ours may hold a standard one
    replacements = {
        STANDARD_COMMANDS: str(Path(sys.executable).parent),
        STANDARD_CONFIG: str(config.resolve()),
        STANDARD_PLACE: str(REPOSITORY),
        STANDARD_RUN: str(run_dir.resolve()),
        "User=hamlet\n": f"User={user}\n",
    }
    standards = re.compile("|".join(map(re.escape, replacements)))
    return {
        path.name: standards.sub(lambda found: replacements[found[0]], path.read_text(encoding="utf-8"))
        for path in paths
    }


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
