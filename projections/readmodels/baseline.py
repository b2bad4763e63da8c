"""The baseline: how long a policy that learns nothing survives in each stage of the run's curriculum."""

import apsw
import msgspec

from core.events import BaselineMeasured, StageBaseline
from projections.engine.dataset import Column, table
from projections.engine.projector import EventMetadata, Projector, handles
from projections.engine.records import insert, read, values
from projections.engine.route import route


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The newest measurement of a policy that learns nothing; fields as in `core.events.BaselineMeasured`."""

    policy: str
    episodes: int
    stages: tuple[StageBaseline, ...]


class BaselineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `baselines`: one stage of the newest measurement."""

    stage: int
    policy: str
    episodes: int
    mean_survival: float
    low: float
    high: float


def read_baseline(connection: apsw.Connection) -> Baseline | None:
    """The newest measurement of a random policy in each stage; None if the run has none."""
    rows = read(connection, BaselineRow, "baselines ORDER BY stage")
    if not rows:
        return None
    return Baseline(
        policy=rows[0].policy,
        episodes=rows[0].episodes,
        stages=tuple(
            StageBaseline(stage=row.stage, mean_survival=row.mean_survival, low=row.low, high=row.high)
            for row in rows
        ),
    )


class BaselineProjector(Projector):
    """One row per stage: the newest measurement.

    A resume changes nothing here: an attempt that the measurement does not hold for makes a new one.
    """

    name = "baseline"
    version = 1
    tables_owned = ("baselines",)
    ddl = """
        CREATE TABLE baselines (
            stage INTEGER PRIMARY KEY,
            policy TEXT NOT NULL,
            episodes INTEGER NOT NULL,
            mean_survival REAL NOT NULL,
            low REAL NOT NULL,
            high REAL NOT NULL
        );
    """
    routes = (route("baseline", read_baseline),)
    datasets = (
        table(
            "baseline",
            "how long a policy that learns nothing survives, by stage",
            (
                Column("stage", "integer", "Stage of the curriculum, from 1"),
                Column("policy", "text", "random: every action is drawn uniformly"),
                Column("episodes", "integer", "Episodes played in the stage"),
                Column("mean_survival", "real", "Mean survival, steps"),
                Column("low", "real", "Lower bound of its 95 % confidence interval, steps"),
                Column("high", "real", "Upper bound, steps"),
            ),
            source="baselines",
            until=None,
            order="stage",
        ),
    )

    @handles(BaselineMeasured)
    def measured(self, event: BaselineMeasured, metadata: EventMetadata) -> None:
        self.tables.change("DELETE FROM baselines")
        for stage in event.stages:
            row = BaselineRow(
                stage=stage.stage,
                policy=event.policy,
                episodes=event.episodes,
                mean_survival=stage.mean_survival,
                low=stage.low,
                high=stage.high,
            )
            self.tables.change(insert("baselines", BaselineRow), values(row))
