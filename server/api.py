"""Looking back over HTTP: every view of the read models at an address of its own.

The dashboard asks here for what the once-a-second message does not carry; `/api/state` is what `seek` on the
WebSocket answers, too. Which questions there are is decided by `projections.readmodels`.
"""

from pathlib import Path
from typing import Annotated, Any

import apsw
from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter, QueryParameter

from projections.engine.status import read_projectors
from projections.readmodels.affordances import read_affordance_graph
from projections.readmodels.annotations import read_annotations
from projections.readmodels.attempts import read_attempts
from projections.readmodels.behaviours import read_behaviours
from projections.readmodels.criteria import Captures, Criterion, read_scorecard
from projections.readmodels.health import read_health, read_trainer_status
from projections.readmodels.replays import read_replay
from projections.readmodels.run import read_run
from projections.readmodels.series import read_series
from projections.state import read_state
from server.async_read_model import AsyncReadModel
from server.responses import view
from server.snapshots.gallery import read_index

LARGEST = 2**53 - 1
"""Numbers beyond this are not exact in a browser, and no run is that long."""
MAX_POINTS = 2000
MAX_BEHAVIOURS = 1000
DEFAULT_BEHAVIOURS = 50
GRAPH_WINDOW = 100

AnyRequest = Request[Any, Any, Any]
Episode = Annotated[int | None, QueryParameter(ge=1, le=LARGEST)]
EpisodeInPath = Annotated[int, PathParameter(ge=1, le=LARGEST)]
AttemptNumber = Annotated[int | None, QueryParameter(ge=1, le=LARGEST)]
MetricName = Annotated[str, QueryParameter(max_length=64)]
Points = Annotated[int, QueryParameter(ge=2, le=MAX_POINTS)]
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_BEHAVIOURS)]


def api(read_model: AsyncReadModel, snapshots: Path) -> Router:
    """The routes under `/api`, answered from `read_model` and the folder `snapshots`."""

    @get("/run")
    async def run(request: AnyRequest) -> Response[bytes]:
        return view(request, await read_model.query(read_run))

    @get("/pulse")
    async def pulse(request: AnyRequest) -> Response[bytes]:
        return view(request, await read_model.query(read_trainer_status))

    @get("/state")
    async def state(request: AnyRequest, episode: Episode = None) -> Response[bytes]:
        found = await read_model.query(lambda connection: read_state(connection, episode))
        if found is None:
            raise NotFoundException(_no_episode(episode))
        return view(request, found)

    @get("/series")
    async def series(
        request: AnyRequest,
        metric: MetricName,
        first: Episode = None,
        last: Episode = None,
        points: Points = MAX_POINTS,
    ) -> Response[bytes]:
        return view(
            request,
            await read_model.query(lambda connection: read_series(connection, metric, first, last, points)),
        )

    @get("/annotations")
    async def annotations(
        request: AnyRequest, first: Episode = None, last: Episode = None
    ) -> Response[bytes]:
        return view(
            request, await read_model.query(lambda connection: read_annotations(connection, first, last))
        )

    @get("/graph")
    async def graph(request: AnyRequest, first: Episode = None, last: Episode = None) -> Response[bytes]:
        return view(
            request, await read_model.query(lambda connection: read_affordance_graph(connection, first, last))
        )

    @get("/replay/{episode:int}")
    async def replay(
        request: AnyRequest, episode: EpisodeInPath, attempt: AttemptNumber = None
    ) -> Response[bytes]:
        found = await read_model.query(lambda connection: read_replay(connection, episode, attempt))
        if found is None:
            raise NotFoundException(_no_episode(episode, attempt))
        return view(request, found)

    @get("/attempts")
    async def attempts(request: AnyRequest) -> Response[bytes]:
        return view(request, await read_model.query(read_attempts))

    @get("/scorecard")
    async def scorecard(request: AnyRequest) -> Response[bytes]:
        def with_captures(connection: apsw.Connection) -> list[Criterion]:
            # the files that the worker makes are no events, so the read models cannot know of them
            gallery = read_index(snapshots)
            captures = Captures(screenshots=len(gallery.screenshots), gifs=len(gallery.gifs))
            return read_scorecard(connection, captures)

        return view(request, await read_model.query(with_captures))

    @get("/behaviours")
    async def behaviours(request: AnyRequest, limit: Limit = DEFAULT_BEHAVIOURS) -> Response[bytes]:
        return view(request, await read_model.query(lambda connection: read_behaviours(connection, limit)))

    @get("/health")
    async def health(request: AnyRequest) -> Response[bytes]:
        return view(request, await read_model.query(read_health))

    @get("/projectors")
    async def projectors(request: AnyRequest) -> Response[bytes]:
        return view(request, await read_model.query(read_projectors))

    return Router(
        "/api",
        route_handlers=[
            run, pulse, state, series, annotations, graph, replay, attempts, scorecard, behaviours, health,
            projectors,
        ],
    )  # fmt: skip


def _no_episode(episode: int | None, attempt: int | None = None) -> str:
    if episode is None:
        return "no episode has finished yet"
    where = "the present lineage" if attempt is None else f"attempt {attempt}"
    return f"episode {episode} is not in {where}"
