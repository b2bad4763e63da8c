"""Files that the commands need: configurations, systemd units, documentation, the built dashboard.

In a checkout these files are at their places in the repository. A wheel has copies of them in
`core/_resources`, under the same names; `pyproject.toml` (`tool.hatch.build`) lists them.
"""

from pathlib import Path

from core.errors import ConfigError

__all__ = [
    "CONFIGURATIONS",
    "DASHBOARD",
    "FROZEN_DASHBOARD",
    "MANUAL",
    "TEACHING",
    "UNITS",
    "configurations",
    "find_config",
    "resource_folder",
]

PACKAGE = Path(__file__).parent
IN_WHEEL = PACKAGE / "_resources"
CONFIGURATIONS = "configs/townlet"
TEACHING = "configs/teaching"
UNITS = "configs/systemd"
DASHBOARD = "frontend/dist"
FROZEN_DASHBOARD = "frontend/dist-frozen"
"""The dashboard that reads recorded answers beside it; `projections pack` copies it."""
MANUAL = "docs"


def resource_folder(name: str) -> Path:
    """The folder `name` of the running program; in a checkout `frontend/dist` must be built first."""
    return (IN_WHEEL if IN_WHEEL.is_dir() else PACKAGE.parent) / name


def find_config(named: Path, named_by: str = "--config") -> Path:
    """The path of a configuration that is named by its path, or by name alone (`quick`) if it is a resource.

    `named_by` is the option or key that gave the name, for the error.

    Raises:
        ConfigError: a name alone, and no resource has that name.
    """
    if named.suffix or len(named.parts) != 1 or named.is_file():
        return named
    known = configurations()
    if str(named) not in known:
        raise ConfigError(
            f"{named_by} {named}: no such file; give the path of a YAML file, or one of {', '.join(known)}"
        )
    return known[str(named)]


def configurations() -> dict[str, Path]:
    """The configurations that come along, by name in the order of the alphabet."""
    return {path.stem: path for path in sorted(resource_folder(CONFIGURATIONS).glob("*.yaml"))}
