"""How far a run is: the part of the read models that decides which snapshots are due."""

import apsw
import msgspec

from projections.readmodels.attempts import Attempt, read_attempts
from projections.readmodels.health import TrainerStatus, read_trainer_status
from projections.readmodels.run import read_run


class RunProgress(msgspec.Struct, frozen=True):
    """The part of the read models that decides what is due."""

    trainer: TrainerStatus
    attempts: list[Attempt]
    has_novelty: bool
    """Whether the run has an intrinsic reward: without one there is nothing for a GIF to show."""


def read_progress(connection: apsw.Connection) -> RunProgress | None:
    """How far the run is; None before its first episode has finished."""
    trainer = read_trainer_status(connection)
    if trainer is None or trainer.episodes_finished == 0:
        return None
    run = read_run(connection)
    return RunProgress(trainer, read_attempts(connection), run is not None and run.novelty != "none")


def quiet_since(trainer: TrainerStatus) -> float | None:
    """When the last event of a trainer that is not running was recorded, Unix seconds; None while it runs."""
    return None if trainer.status == "running" else trainer.last_event_at
