"""The read models, one file each: what readers get, the queries, the tables and the handlers together.

A new read model is a new file and one line in `READ_MODELS`: rebuild, export, the server's API, its schema,
`projections at` and the tables of the docs loop over this list. docs/howto/read-model.md shows how.
"""

from typing import TypeAlias

from projections.engine.projector import Projector
from projections.readmodels.affordances import Affordances
from projections.readmodels.annotations import Annotations
from projections.readmodels.attempts import Attempts
from projections.readmodels.baseline import BaselineProjector
from projections.readmodels.behaviours import Behaviours
from projections.readmodels.checkpoints import Checkpoints
from projections.readmodels.curriculum import Curriculum
from projections.readmodels.episodes import Episodes
from projections.readmodels.health import HealthProjector
from projections.readmodels.heatmap import HeatmapProjector
from projections.readmodels.policies import Policies
from projections.readmodels.replays import Replays
from projections.readmodels.run import RunFacts
from projections.readmodels.scorecard import Scorecard
from projections.readmodels.system_state import SystemState

__all__ = ["READ_MODELS", "ReadModels"]

ReadModels: TypeAlias = tuple[type[Projector], ...]

READ_MODELS: ReadModels = (
    RunFacts,
    Episodes,
    HeatmapProjector,
    Affordances,
    SystemState,
    Curriculum,
    BaselineProjector,
    Checkpoints,
    Attempts,
    Policies,
    Replays,
    HealthProjector,
    Annotations,
    Scorecard,
    Behaviours,
)
