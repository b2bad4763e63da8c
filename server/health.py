"""`/healthz` for supervisors and monitors, and the address of `/metrics`."""

import time
from http import HTTPStatus
from typing import Annotated, TypeVar

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from core.version import VERSION
from server.hub import Hub
from server.live import FeedStatus, LiveFeed
from server.messages import AlarmKind
from server.metrics import PROMETHEUS, exposition, figures_of, server_figures
from server.stream.status import StreamStatus

STUCK_SECONDS = 15.0
"""A read model that is being replaced is missing for less time than this."""

Strict = Annotated[str | None, QueryParameter(max_length=10)]
NOT_STORED = {"cache-control": "no-store"}
AnyHealth = TypeVar("AnyHealth", bound=msgspec.Struct)


class Liveness(msgspec.Struct, frozen=True):
    """The answer of `/healthz`.

    `run_id` names the run, null before it started.
    `live`: the process answers. `ready`: there is a state to show. `reasons` says why not, and then every
    alarm in a sentence; `alarms` has the kinds of these alarms. `stream` is what `server stream` reported
    last, null without one.
    """

    run_id: str | None
    live: bool
    ready: bool
    reasons: list[str]
    alarms: list[AlarmKind]
    stream: StreamStatus | None = None
    version: str = VERSION


def liveness(status: FeedStatus, now: float) -> Liveness:
    """Whether the server has a state to show, at the monotonic time `now`, seconds."""
    reasons = [status.missing] if status.missing else []
    if status.live is not None and now - status.read_at > STUCK_SECONDS:
        reasons.append(f"the read model was last read {now - status.read_at:.0f} s ago")
    alarms = status.alarms()
    return Liveness(
        run_id=status.live.run.run_id if status.live is not None else None,
        live=True,
        ready=not reasons,
        reasons=reasons + [alarm.text for alarm in alarms],
        alarms=[alarm.kind for alarm in alarms],
        stream=status.stream,
    )


def health_routes(feed: LiveFeed, hub: Hub) -> list[HTTPRouteHandler]:
    """`/healthz` and `/metrics`."""

    @get("/healthz", sync_to_thread=False)
    def healthz(strict: Strict = None) -> Response[Liveness]:
        """200 when there is a state to show, else 503; with `?strict` also 503 while there is an alarm."""
        health = liveness(feed.status, time.monotonic())
        return health_response(health, health.ready and not (is_set(strict) and health.alarms))

    @get("/metrics", sync_to_thread=False, media_type=PROMETHEUS)
    def metrics() -> Response[bytes]:
        """All figures for Prometheus."""
        figures = exposition(server_figures(feed.status, hub), [figures_of(feed.status)])
        return Response(figures, media_type=PROMETHEUS, headers=NOT_STORED)

    return [healthz, metrics]


def health_response(health: AnyHealth, good: bool) -> Response[AnyHealth]:
    """200 where all is good, else 503; not to be stored by anybody."""
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    return Response(health, status_code=status, headers=NOT_STORED)


def is_set(flag: str | None) -> bool:
    """Whether a flag of the query string is set: by `?strict` and `?strict=1`, not by `?strict=0`."""
    return flag is not None and flag.lower() not in ("0", "false")
