"""The event catalogue: every fact a run can leave in its log.

Events are facts in the order they happened, never totals; projectors do the counting. Each is a frozen
struct with a stable name (`type`), a `version` and its units in its docstring. No torch, no pickle and no
absolute path in a payload. How events are stored is in `core.log`, how per-step data is packed in
`core.packing`.

Rules of evolution: a new field needs a default; a changed meaning needs a new version, an upcaster in
`core.upcasters` and a golden file beside the old ones; a new name needs an alias in `core.upcasters`. Every
golden file decodes for ever.
"""

from typing import TypeAlias, get_args

from core.events.base import Event
from core.events.decisions import AffordancesRandomized, ExplorationChanged, StageChanged
from core.events.episode import AffordancesUsed, CellsVisited, EpisodeFinished, EpisodeTraced
from core.events.parts import (
    CurriculumSummary,
    Placement,
    SavedFile,
    StageBaseline,
    StageSummary,
    WorldMap,
)
from core.events.run import (
    BaselineMeasured,
    CheckpointSaved,
    Heartbeat,
    PolicyRecorded,
    RunBranched,
    RunResumed,
    RunStarted,
    RunStopped,
    TrainingAnomaly,
)

__all__ = [
    "CATALOGUE",
    "AffordancesRandomized",
    "AffordancesUsed",
    "AnyEvent",
    "BaselineMeasured",
    "CellsVisited",
    "CheckpointSaved",
    "CurriculumSummary",
    "EpisodeFinished",
    "EpisodeTraced",
    "Event",
    "ExplorationChanged",
    "Heartbeat",
    "Placement",
    "PolicyRecorded",
    "RunBranched",
    "RunResumed",
    "RunStarted",
    "RunStopped",
    "SavedFile",
    "StageBaseline",
    "StageChanged",
    "StageSummary",
    "TrainingAnomaly",
    "WorldMap",
    "event_name",
]

AnyEvent: TypeAlias = (
    RunStarted
    | RunResumed
    | RunBranched
    | BaselineMeasured
    | EpisodeFinished
    | CellsVisited
    | AffordancesUsed
    | EpisodeTraced
    | StageChanged
    | ExplorationChanged
    | AffordancesRandomized
    | CheckpointSaved
    | PolicyRecorded
    | Heartbeat
    | TrainingAnomaly
    | RunStopped
)

CATALOGUE: tuple[type[Event], ...] = get_args(AnyEvent)
"""Every event type there is, in the order of the catalogue."""


def event_name(event_type: type[Event]) -> str:
    """The stable name of an event type, as in the log's `type` column."""
    return str(event_type.__struct_config__.tag)
