"""The files in which ended runs are archived: how they are recognised, and what to do with one."""

from pathlib import Path

from core.errors import ConfigError

__all__ = ["ARCHIVE_SUFFIX", "refuse_archive"]

ARCHIVE_SUFFIX = ".hamlet.tar.zst"


def refuse_archive(path: Path) -> None:
    """Check that a path given as a run directory is not an archive.

    Raises:
        ConfigError: it is one; the sentence says how to unpack it.
    """
    if path.name.endswith(ARCHIVE_SUFFIX) and path.is_file():
        raise ConfigError(
            f"{path}: is an archive of a run; unpack it with `projections unarchive {path} --run-dir DIR`"
        )
