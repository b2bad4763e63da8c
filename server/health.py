"""Seeing inside the server: `/healthz` for supervisors, `/metrics` for Prometheus."""

import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec
import psutil
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.errors import HamletError
from core.version import VERSION
from projections.engine.status import ProjectorStatus, read_projectors
from server.alarms import alarms
from server.async_read_model import AsyncReadModel
from server.hub import Hub
from server.live import LiveFeed, Present

DEAD_AFTER_SECONDS = 15.0
"""A feed that has not managed a look for this long is not merely waiting for a replacement."""


class Health(msgspec.Struct, frozen=True):
    """`live`: the process answers. `ready`: there is a present to show.

    `reasons` says why not, and after that what else needs somebody's attention before long.
    """

    live: bool
    ready: bool
    reasons: list[str]
    version: str = VERSION


def health_of(present: Present, now: float) -> Health:
    """Whether the server has a present to show, at the monotonic time `now`, seconds."""
    reasons = [present.trouble] if present.trouble else []
    if present.moment is not None and now - present.looked_at > DEAD_AFTER_SECONDS:
        reasons.append(f"the read model was last looked at {now - present.looked_at:.0f} s ago")
    return Health(live=True, ready=not reasons, reasons=reasons)


class _Figures(Collector):
    """One scrape's figures, from what was seen already; collecting asks nothing and so cannot fail."""

    def __init__(self, present: Present, hub: Hub, projectors: list[ProjectorStatus]) -> None:
        self._present = present
        self._hub = hub
        self._projectors = projectors

    def collect(self) -> Iterable[Metric]:
        hub, process = self._hub, psutil.Process()
        build = GaugeMetricFamily("hamlet_build_info", "Always 1; says the version", labels=["version"])
        build.add_metric([VERSION], 1.0)
        yield build
        yield _gauge(
            "hamlet_server_ready", "1 when there is a present to show", float(not self._present.trouble)
        )
        yield _gauge("hamlet_server_viewers", "WebSocket connections at present", len(hub.viewers))
        yield _gauge("hamlet_server_rss_bytes", "Resident memory of the server", process.memory_info().rss)
        yield _gauge(
            "hamlet_server_file_descriptors", "Open file descriptors of the server", process.num_fds()
        )
        yield _counter("hamlet_server_refused", "Connections refused over the cap", hub.refused)
        yield _counter("hamlet_server_published", "Messages published to all viewers", hub.published)
        yield _counter(
            "hamlet_server_dropped", "Updates replaced before a slow viewer took them", hub.conflated
        )
        if (memory := self._present.memory) is not None:
            limit = memory.limit_bytes
            yield _gauge("hamlet_server_memory_limit_bytes", "Memory the server may use", limit)
            yield _gauge("hamlet_server_memory_alarm", "1 when that is in danger", float(bool(memory.alarm)))
        if self._present.disk is not None:
            free = self._present.disk.free_bytes
            yield _gauge("hamlet_disk_free_bytes", "Room on the file system of the run", free)
        if self._present.moment is not None:
            yield from self._run_figures()
        yield from self._projector_figures()

    def _run_figures(self) -> Iterable[Metric]:
        moment = self._present.moment
        assert moment is not None
        pulse = moment.pulse
        yield _gauge("hamlet_episodes_finished", "Episodes of the present lineage", pulse.episodes_finished)
        yield _gauge("hamlet_log_position", "Log position the read model stands at", pulse.position)
        yield _gauge(
            "hamlet_last_event_timestamp_seconds", "When the newest event was made", pulse.last_event_at
        )
        yield _gauge(
            "hamlet_mean_survival_steps", "Mean of the last 100 episodes", moment.state.mean_survival
        )
        if pulse.agent_steps_per_second is not None:
            yield _gauge(
                "hamlet_agent_steps_per_second", "At the last heartbeat", pulse.agent_steps_per_second
            )
        if pulse.rss_bytes is not None:
            yield _gauge("hamlet_producer_rss_bytes", "Resident memory of the trainer", pulse.rss_bytes)
            alarm = float(bool(pulse.memory_alarm))
            yield _gauge("hamlet_producer_memory_alarm", "1 when the trainer's limit is in danger", alarm)
        if pulse.rss_limit_bytes is not None:
            limit = pulse.rss_limit_bytes
            yield _gauge("hamlet_producer_memory_limit_bytes", "Memory the trainer may use", limit)
        if pulse.rss_bytes_per_hour is not None:
            slope = pulse.rss_bytes_per_hour
            yield _gauge("hamlet_producer_rss_bytes_per_hour", "Slope of the trainer's memory", slope)

    def _projector_figures(self) -> Iterable[Metric]:
        lag = GaugeMetricFamily(
            "hamlet_projector_lag_events", "Events behind the foremost projector", labels=["projector"]
        )
        age = GaugeMetricFamily(
            "hamlet_projector_age_seconds", "Since the projector's last commit", labels=["projector"]
        )
        stopped = GaugeMetricFamily(
            "hamlet_projector_stopped", "1 when an event stopped the projector", labels=["projector"]
        )
        for projector in self._projectors:
            if projector.lag is not None:
                lag.add_metric([projector.name], projector.lag)
            if projector.age is not None:
                age.add_metric([projector.name], projector.age)
            stopped.add_metric([projector.name], float(projector.poison is not None))
        yield lag
        yield age
        yield stopped


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=value)


def _counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(name, help_text, value=value)


def health_routes(feed: LiveFeed, hub: Hub, read_model: AsyncReadModel) -> list[HTTPRouteHandler]:
    """`/healthz` and `/metrics`."""

    async def projectors() -> list[ProjectorStatus]:
        try:
            return await read_model.query(read_projectors)
        except HamletError:
            return []

    @get("/healthz")
    async def healthz() -> Response[bytes]:
        health = health_of(feed.present, time.monotonic())
        worries = alarms(feed.present, await projectors(), time.time())
        health = msgspec.structs.replace(health, reasons=health.reasons + worries)
        return Response(
            msgspec.json.encode(health),
            status_code=HTTPStatus.OK if health.ready else HTTPStatus.SERVICE_UNAVAILABLE,
            media_type="application/json",
            headers={"cache-control": "no-store"},
        )

    @get("/metrics")
    async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Figures(feed.present, hub, await projectors()))
        return Response(
            generate_latest(registry),
            media_type="text/plain; version=0.0.4",
            headers={"cache-control": "no-store"},
        )

    return [healthz, metrics]
