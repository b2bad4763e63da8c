"""The checkpoint folder of a run before an attempt begins: it can be written, and it is not another run's."""

from core.errors import StoreError
from core.run_directory import RunDirectory

__all__ = ["require_its_log", "require_writable"]


def require_its_log(files: RunDirectory) -> None:
    """Refuse a new run beside the checkpoints of another one: it would overwrite them one by one.

    Raises:
        StoreError: there are checkpoints, but no log.
    """
    left = sorted(path.name for path in files.checkpoints.glob("checkpoint_ep*.pt"))
    if left and not files.events.exists():
        raise StoreError(
            f"{files.events}: missing, though {left[-1]} in {files.checkpoints} is from an earlier run;"
            " restore the log from a backup, or move the checkpoints away to begin a new run"
        )


def require_writable(files: RunDirectory) -> None:
    """Make the checkpoint folder and check that it can be written.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        files.checkpoints.mkdir(parents=True, exist_ok=True)
        probe = files.checkpoints / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"{files.checkpoints}: cannot write there ({error.strerror}); name a writable directory"
        ) from error
