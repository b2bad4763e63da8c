"""`/metrics` for Prometheus: figures of the server, the run, the trainer and the projectors.

Every figure of a run carries the label `run`, so that the alert rules of several runs can be told apart.
"""

import time
from collections.abc import Iterable, Iterator

import psutil
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.version import VERSION
from server.hub import Hub
from server.live import FeedStatus, LiveState

PROMETHEUS = "text/plain; version=0.0.4"
RUN_STATES = ("waiting", "running", "silent", "stopped", "completed", "failed", "diverged")
"""All values of a trainer's status; exactly one of them is 1 in `hamlet_run_state`."""


def exposition(status: FeedStatus, hub: Hub) -> bytes:
    """All figures in Prometheus' text format; what the feed has read already, without a query."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(status, hub))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, status: FeedStatus, hub: Hub) -> None:
        self._status = status
        self._hub = hub

    def collect(self) -> Iterable[Metric]:
        yield from _server_figures(self._status, self._hub)
        yield from _alarm_figures(self._status)
        if self._status.live is not None:
            yield from _run_figures(self._status.live)
        yield from _projector_figures(self._status)


def _server_figures(status: FeedStatus, hub: Hub) -> Iterator[Metric]:
    process = psutil.Process()
    build = GaugeMetricFamily("hamlet_build_info", "Always 1; labelled with the version", labels=["version"])
    build.add_metric([VERSION], 1.0)
    yield build
    yield _gauge("hamlet_server_ready", "1 when there is a state to show", float(not status.missing))
    yield _gauge("hamlet_server_viewers", "WebSocket connections at present", len(hub.viewers))
    yield _gauge("hamlet_server_rss_bytes", "Resident memory of the server", process.memory_info().rss)
    yield _gauge("hamlet_server_file_descriptors", "Open file descriptors of the server", process.num_fds())
    yield _counter("hamlet_server_refused", "Connections refused over the limit", hub.refused)
    yield _counter("hamlet_server_published", "Messages published to all viewers", hub.published)
    yield _counter("hamlet_server_dropped", "Updates replaced before a slow viewer read them", hub.conflated)
    if (memory := status.memory) is not None:
        yield _gauge("hamlet_server_memory_limit_bytes", "Memory the server may use", memory.limit_bytes)
        alarm = float(bool(memory.alarm))
        yield _gauge("hamlet_server_memory_alarm", "1 when the server nears its memory limit", alarm)
    if status.disk is not None:
        free = status.disk.free_bytes
        yield _gauge("hamlet_disk_free_bytes", "Free space on the file system of the run", free)


def _alarm_figures(status: FeedStatus) -> Iterator[Metric]:
    alarms = GaugeMetricFamily("hamlet_alarm", "1 for every alarm of /healthz", labels=["run", "kind"])
    for kind in dict.fromkeys(alarm.kind for alarm in status.alarms()):
        alarms.add_metric([_run_label(status), kind], 1.0)
    yield alarms


def _run_figures(live: LiveState) -> Iterator[Metric]:
    run, trainer, state, label = live.run, live.trainer, live.state, live.run.run_id
    info = GaugeMetricFamily(
        "hamlet_run_info", "Always 1; labelled with what names the run", labels=["run", "config", "seed"]
    )
    info.add_metric([label, run.config_name, str(run.seed)], 1.0)
    yield info
    states = GaugeMetricFamily(
        "hamlet_run_state", "1 for the trainer's present status, 0 for the others", labels=["run", "state"]
    )
    for name in RUN_STATES:
        states.add_metric([label, name], float(name == trainer.status))
    yield states
    weight = state.metrics.intrinsic_weight if run.novelty != "none" else None
    figures: tuple[tuple[str, str, float | None], ...] = (
        ("episodes_finished", "Episodes of the present lineage", trainer.episodes_finished),
        ("episodes_planned", "Episodes the run is to have", run.num_episodes),
        ("attempts", "Starts and resumes of the trainer", trainer.attempt),
        ("log_position", "Log position that the read model has reached", trainer.position),
        ("last_event_timestamp_seconds", "When the newest event was recorded", trainer.last_event_at),
        ("checkpoint_age_seconds", "Since the newest checkpoint was saved", _age(trainer.checkpoint_at)),
        ("mean_survival_steps", "Mean survival of the last episodes", state.mean_survival),
        ("curriculum_stage", "Stage of the curriculum", state.metrics.curriculum_stage),
        ("epsilon", "Share of random actions", state.metrics.epsilon),
        ("intrinsic_weight", "Weight of the intrinsic reward", weight),
        ("loss", "Loss at the last heartbeat", trainer.loss),
        ("mean_q", "Mean Q value at the last heartbeat", trainer.mean_q),
        ("replay_fill", "Share of the replay buffer in use", trainer.replay_fill),
        ("agent_steps_per_second", "Speed at the last heartbeat", trainer.agent_steps_per_second),
        ("producer_rss_bytes", "Resident memory of the trainer", trainer.rss_bytes),
        ("producer_rss_bytes_per_hour", "Slope of the trainer's memory", trainer.rss_bytes_per_hour),
        ("producer_memory_limit_bytes", "Memory the trainer may use", trainer.rss_limit_bytes),
        ("producer_memory_alarm", "1 when the trainer nears its memory limit", bool(trainer.memory_alarm)),
    )
    for name, text, value in figures:
        if value is not None:
            figure = GaugeMetricFamily(f"hamlet_{name}", text, labels=["run"])
            figure.add_metric([label], float(value))
            yield figure


def _run_label(status: FeedStatus) -> str:
    """The run id; empty before the run started."""
    return status.live.run.run_id if status.live is not None else ""


def _age(moment: float | None) -> float | None:
    return None if moment is None else max(0.0, time.time() - moment)


def _projector_figures(status: FeedStatus) -> Iterator[Metric]:
    labels, run = ["run", "projector"], _run_label(status)
    lag = GaugeMetricFamily("hamlet_projector_lag_events", "Behind the foremost projector", labels=labels)
    age = GaugeMetricFamily("hamlet_projector_age_seconds", "Since the last commit", labels=labels)
    stopped = GaugeMetricFamily("hamlet_projector_stopped", "1 when an event stopped it", labels=labels)
    since_read = time.monotonic() - status.projectors_read_at
    for projector in status.projectors:
        if projector.lag is not None:
            lag.add_metric([run, projector.name], projector.lag)
        if projector.age is not None:
            age.add_metric([run, projector.name], projector.age + since_read)
        stopped.add_metric([run, projector.name], float(projector.poison is not None))
    yield from (lag, age, stopped)


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=value)


def _counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(name, help_text, value=value)
