"""The read models, one file each: tables and handlers together. A new one is one line in this list."""

from projections.engine.projector import Projector
from projections.readmodels.annotations import Annotations
from projections.readmodels.attempts import Attempts
from projections.readmodels.behaviours import Behaviours
from projections.readmodels.checkpoints import Checkpoints
from projections.readmodels.curriculum import Curriculum
from projections.readmodels.episodes import Episodes
from projections.readmodels.health import Health
from projections.readmodels.heatmap import Heatmap
from projections.readmodels.replays import Replays
from projections.readmodels.run import RunFacts
from projections.readmodels.scorecard import Scorecard
from projections.readmodels.system_state import SystemState
from projections.readmodels.visits import Visits

PROJECTORS: tuple[type[Projector], ...] = (
    RunFacts,
    Episodes,
    Heatmap,
    Visits,
    SystemState,
    Curriculum,
    Checkpoints,
    Attempts,
    Replays,
    Health,
    Annotations,
    Scorecard,
    Behaviours,
)
