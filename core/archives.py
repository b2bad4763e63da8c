"""The files in which ended runs are archived: how they are recognised, and what to do with one."""

from pathlib import Path

from core.errors import ConfigError

__all__ = ["ARCHIVE_SUFFIX", "listed_archive", "refuse_archive"]

ARCHIVE_SUFFIX = ".hamlet.tar.zst"


def listed_archive(name: str) -> str:
    """What a list of runs says of an archive, whose path is `name` from the folder of the list."""
    return f"an archive of a run; `projections unarchive {name} --run-dir DIR` unpacks it"


def refuse_archive(path: Path) -> None:
    """Check that a path given as a run directory is not an archive.

    Raises:
        ConfigError: it is one; the sentence says how to unpack it.
    """
    if path.name.endswith(ARCHIVE_SUFFIX) and path.is_file():
        raise ConfigError(
            f"{path}: is an archive of a run; unpack it with `projections unarchive {path} --run-dir DIR`"
        )
