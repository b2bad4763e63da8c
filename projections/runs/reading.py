"""One run among many: what a list shows of it and what alarms and `/metrics` need, from its read model."""

from pathlib import Path
from typing import Any

import apsw
import msgspec

from core.definitions import Recovery, RunState
from projections.engine.reader import ReadModel
from projections.engine.status import ProjectorStatus, read_projectors
from projections.readmodels.curriculum import read_stage
from projections.readmodels.episodes import Metrics, newest_episode, read_metrics
from projections.readmodels.health import TrainerStatus, read_trainer_status
from projections.readmodels.recovery import read_recovery
from projections.readmodels.run import Run, read_configuration, read_run
from projections.readmodels.scorecard import read_mean_survival
from projections.readmodels.series import read_series

SPARK_POINTS = 48
"""Points of the small curve of survival in a list."""

STATES: dict[str, RunState] = {
    "running": "running",
    "silent": "silent",
    "stopped": "stopped",
    "completed": "finished",
    "failed": "failed",
    "diverged": "failed",
}
"""Status of the trainer → state of the run."""


class RunReading(msgspec.Struct, frozen=True, kw_only=True):
    """What the read model says of a run at one moment.

    `metrics` are those of the newest episode, `mean_survival` (steps) and `recovery` as of its end; all three
    None before the first episode. `survival` is the mean survival of at most `SPARK_POINTS` equal stretches
    of the run, in steps, oldest first. `config` is the configuration as it is now.
    """

    run: Run
    trainer: TrainerStatus
    projectors: list[ProjectorStatus]
    metrics: Metrics | None
    stage: int | None
    mean_survival: float | None
    recovery: Recovery | None
    survival: list[float]
    config: dict[str, Any]

    @property
    def state(self) -> RunState:
        """How the run is."""
        return STATES[self.trainer.status]

    @property
    def stopped_projector(self) -> ProjectorStatus | None:
        """The first projector that an event has stopped, None if all go on."""
        return next((found for found in self.projectors if found.poison is not None), None)


def read_one_run(connection: apsw.Connection) -> RunReading | ProjectorStatus | None:
    """The run of a read model; the projector that cannot go on if the run is not known for that reason.

    None before the run started.
    """
    projectors = read_projectors(connection)
    run, trainer = read_run(connection), read_trainer_status(connection)
    configuration = read_configuration(connection)
    if run is None or trainer is None or configuration is None:
        return next((found for found in projectors if found.poison is not None), None)
    episode = newest_episode(connection)
    metrics = read_metrics(connection, episode)
    stage = read_stage(connection, episode) if metrics is not None else None
    return RunReading(
        run=run,
        trainer=trainer,
        projectors=projectors,
        metrics=metrics,
        stage=stage.stage if stage is not None else None,
        mean_survival=read_mean_survival(connection, episode) if metrics is not None else None,
        recovery=read_recovery(connection, episode) if metrics is not None else None,
        survival=read_series(connection, "survival_time", points=SPARK_POINTS).mean,
        config=configuration.config,
    )


def has_ended(read_model: Path) -> bool:
    """Whether the trainer of a run has ended on purpose or failed, so that its log grows no more.

    Raises:
        StoreError: there is a read model, but it cannot be read.
    """
    model = ReadModel(read_model)
    try:
        with model.snapshot() as connection:
            trainer = read_trainer_status(connection) if connection is not None else None
    finally:
        model.close()
    return trainer is not None and STATES[trainer.status] in ("finished", "stopped", "failed")
