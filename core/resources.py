"""The files that come along with the commands: configurations, systemd units, the built dashboard.

In a checkout they are where they are written, in `configs/` and `frontend/dist`. A wheel carries them inside
this package under the same names; which ones is said in `pyproject.toml`, `tool.hatch.build`.
"""

from pathlib import Path

from core.errors import ConfigError

PACKAGE = Path(__file__).parent
CARRIED = PACKAGE / "_shipped"
CONFIGURATIONS = "configs/townlet"
UNITS = "configs/systemd"
DASHBOARD = "frontend/dist"
MANUAL = "docs"


def shipped(name: str) -> Path:
    """The folder `name` as it came along with the commands that run now; a checkout's may be unbuilt."""
    return (CARRIED if CARRIED.is_dir() else PACKAGE.parent) / name


def find_config(named: Path) -> Path:
    """A configuration by its path, or by name alone (`quick`) one of those that come along.

    Raises:
        ConfigError: a name alone, and nothing of that name is there.
    """
    if named.suffix or len(named.parts) != 1 or named.exists():
        return named
    folder = shipped(CONFIGURATIONS)
    path = folder / f"{named}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(config.stem for config in folder.glob("*.yaml")))
        raise ConfigError(f"--config {named}: no such file; give the path of a YAML file, or one of {known}")
    return path
