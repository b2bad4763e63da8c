"""All that readers may ask of `demo_state.db`: functions of a read-only connection, typed results of `views`.

Each costs O(log n) of the run's length plus what it returns.
"""

from projections.queries.lineage import annotations, attempts, behaviours
from projections.queries.moment import affordance_graph, heatmap, novelty_frames, state
from projections.queries.now import health, projectors, pulse, run
from projections.queries.replay import replay
from projections.queries.scorecard import scorecard
from projections.queries.series import QueryError, series

__all__ = [
    "QueryError",
    "affordance_graph",
    "annotations",
    "attempts",
    "behaviours",
    "health",
    "heatmap",
    "novelty_frames",
    "projectors",
    "pulse",
    "replay",
    "run",
    "scorecard",
    "series",
    "state",
]
