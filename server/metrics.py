"""`/metrics` for Prometheus: figures of the server, the run, the trainer and the projectors.

Every figure of a run carries the label `run`, so that the alert rules of several runs can be told apart.
"""

import time
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import psutil
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.process.memory import Memory
from core.version import VERSION
from projections.engine.status import ProjectorStatus
from projections.readmodels.episodes import Metrics
from projections.readmodels.health import TrainerStatus
from projections.readmodels.run import Run
from server.hub import Hub
from server.live import FeedStatus
from server.messages import AlarmKind, Disk
from server.stream.status import StreamCounts, StreamStatus

PROMETHEUS = "text/plain; version=0.0.4"
RUN_STATES = ("waiting", "running", "silent", "stopped", "completed", "failed", "diverged")
"""All values of a trainer's status; exactly one of them is 1 in `hamlet_run_state`."""


STREAM_COUNTS = {
    "sent": "Frames given to the encoder",
    "repeated": "Frames that showed the picture before once more",
    "dropped": "Frames left out because the encoder was late",
    "lost": "Frames encoded while there was no connection",
    "reconnects": "Connections after the first",
    "browsers": "Browsers that took the place of another",
    "encoders": "Encoders that took the place of another",
}
"""Each of the counts of a stream (`StreamCounts`), with its help."""
assert set(STREAM_COUNTS) == set(StreamCounts.__struct_fields__)


class ServerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured of the server: connections, messages since the start, memory and disk."""

    ready: bool
    viewers: int
    refused: int
    published: int
    conflated: int
    memory: Memory | None
    disk: Disk | None


class RunFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured of one run; `run_id` is empty before the run started, and then so is all of the run.

    `since_read`: seconds since `projectors` were read.
    """

    run_id: str
    run: Run | None
    trainer: TrainerStatus | None
    metrics: Metrics | None
    mean_survival: float | None
    projectors: Sequence[ProjectorStatus]
    since_read: float
    alarms: Sequence[AlarmKind]
    stream: StreamStatus | None = None


def figures_of(status: FeedStatus) -> RunFigures:
    """The figures of the run that a feed follows."""
    live = status.live
    return RunFigures(
        run_id=live.run.run_id if live is not None else "",
        run=live.run if live is not None else None,
        trainer=live.trainer if live is not None else None,
        metrics=live.state.metrics if live is not None else None,
        mean_survival=live.state.mean_survival if live is not None else None,
        projectors=status.projectors,
        since_read=time.monotonic() - status.projectors_read_at,
        alarms=[alarm.kind for alarm in status.alarms()],
        stream=status.stream,
    )


def server_figures(status: FeedStatus, hub: Hub) -> ServerFigures:
    """The figures of a server of one run."""
    return ServerFigures(
        ready=not status.missing,
        viewers=len(hub.viewers),
        refused=hub.refused,
        published=hub.published,
        conflated=hub.conflated,
        memory=status.memory,
        disk=status.disk,
    )


def exposition(server: ServerFigures, runs: Sequence[RunFigures]) -> bytes:
    """All figures in Prometheus' text format; what has been read already, without a query."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(server, runs))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, server: ServerFigures, runs: Sequence[RunFigures]) -> None:
        self._server = server
        self._runs = runs

    def collect(self) -> Iterable[Metric]:
        yield from _server_metrics(self._server)
        yield from _alarm_metrics(self._runs)
        yield from _run_metrics(self._runs)
        yield from _projector_metrics(self._runs)
        yield from _stream_metrics(self._runs)


def _server_metrics(server: ServerFigures) -> Iterator[Metric]:
    process = psutil.Process()
    build = GaugeMetricFamily("hamlet_build_info", "Always 1; labelled with the version", labels=["version"])
    build.add_metric([VERSION], 1.0)
    yield build
    yield _gauge("hamlet_server_ready", "1 when there is a state to show", float(server.ready))
    yield _gauge("hamlet_server_viewers", "WebSocket connections at present", server.viewers)
    yield _gauge("hamlet_server_rss_bytes", "Resident memory of the server", process.memory_info().rss)
    yield _gauge("hamlet_server_file_descriptors", "Open file descriptors of the server", process.num_fds())
    yield _counter("hamlet_server_refused", "Connections refused over the limit", server.refused)
    yield _counter("hamlet_server_published", "Messages published to all viewers", server.published)
    yield _counter(
        "hamlet_server_dropped", "Updates replaced before a slow viewer read them", server.conflated
    )
    if (memory := server.memory) is not None:
        yield _gauge("hamlet_server_memory_limit_bytes", "Memory the server may use", memory.limit_bytes)
        alarm = float(bool(memory.alarm))
        yield _gauge("hamlet_server_memory_alarm", "1 when the server nears its memory limit", alarm)
    if server.disk is not None:
        free = server.disk.free_bytes
        yield _gauge("hamlet_disk_free_bytes", "Free space on the file system of the run", free)


def _alarm_metrics(runs: Sequence[RunFigures]) -> Iterator[Metric]:
    alarms = GaugeMetricFamily("hamlet_alarm", "1 for every alarm of /healthz", labels=["run", "kind"])
    for figures in runs:
        for kind in dict.fromkeys(figures.alarms):
            alarms.add_metric([figures.run_id, kind], 1.0)
    yield alarms


def _run_metrics(runs: Sequence[RunFigures]) -> Iterator[Metric]:
    info = GaugeMetricFamily(
        "hamlet_run_info", "Always 1; labelled with what names the run", labels=["run", "config", "seed"]
    )
    states = GaugeMetricFamily(
        "hamlet_run_state", "1 for the trainer's present status, 0 for the others", labels=["run", "state"]
    )
    families: dict[str, GaugeMetricFamily] = {}
    for figures in runs:
        run, trainer = figures.run, figures.trainer
        if run is None or trainer is None:
            continue
        info.add_metric([figures.run_id, run.config_name, str(run.seed)], 1.0)
        for state in RUN_STATES:
            states.add_metric([figures.run_id, state], float(state == trainer.status))
        for name, text, value in _values(figures, run, trainer):
            if value is not None:
                family = families.setdefault(name, GaugeMetricFamily(f"hamlet_{name}", text, labels=["run"]))
                family.add_metric([figures.run_id], float(value))
    if info.samples:
        yield from (info, states, *families.values())


def _values(
    figures: RunFigures, run: Run, trainer: TrainerStatus
) -> tuple[tuple[str, str, float | None], ...]:
    """Name, help and value of each figure of a run; None where the run has no such figure."""
    metrics = figures.metrics
    has_novelty = run.novelty != "none"
    return (
        ("episodes_finished", "Episodes of the present lineage", trainer.episodes_finished),
        ("episodes_planned", "Episodes the run is to have", run.num_episodes),
        ("attempts", "Starts and resumes of the trainer", trainer.attempt),
        ("log_position", "Log position that the read model has reached", trainer.position),
        ("last_event_timestamp_seconds", "When the newest event was recorded", trainer.last_event_at),
        ("checkpoint_age_seconds", "Since the newest checkpoint was saved", _age(trainer.checkpoint_at)),
        ("mean_survival_steps", "Mean survival of the last episodes", figures.mean_survival),
        (
            "curriculum_stage",
            "Stage of the curriculum",
            metrics.curriculum_stage if metrics is not None else None,
        ),
        ("epsilon", "Share of random actions", metrics.epsilon if metrics is not None else None),
        (
            "intrinsic_weight",
            "Weight of the intrinsic reward",
            metrics.intrinsic_weight if metrics is not None and has_novelty else None,
        ),
        ("loss", "Loss at the last heartbeat", trainer.loss),
        ("mean_q", "Mean Q value at the last heartbeat", trainer.mean_q),
        ("replay_fill", "Share of the replay buffer in use", trainer.replay_fill),
        ("agent_steps_per_second", "Speed at the last heartbeat", trainer.agent_steps_per_second),
        ("producer_rss_bytes", "Resident memory of the trainer", trainer.rss_bytes),
        ("producer_rss_bytes_per_hour", "Slope of the trainer's memory", trainer.rss_bytes_per_hour),
        ("producer_memory_limit_bytes", "Memory the trainer may use", trainer.rss_limit_bytes),
        ("producer_memory_alarm", "1 when the trainer nears its memory limit", bool(trainer.memory_alarm)),
    )


def _age(moment: float | None) -> float | None:
    return None if moment is None else max(0.0, time.time() - moment)


def _projector_metrics(runs: Sequence[RunFigures]) -> Iterator[Metric]:
    labels = ["run", "projector"]
    lag = GaugeMetricFamily("hamlet_projector_lag_events", "Behind the foremost projector", labels=labels)
    age = GaugeMetricFamily("hamlet_projector_age_seconds", "Since the last commit", labels=labels)
    stopped = GaugeMetricFamily("hamlet_projector_stopped", "1 when an event stopped it", labels=labels)
    for figures in runs:
        for projector in figures.projectors:
            names = [figures.run_id, projector.name]
            if projector.lag is not None:
                lag.add_metric(names, projector.lag)
            if projector.age is not None:
                age.add_metric(names, projector.age + figures.since_read)
            stopped.add_metric(names, float(projector.poison is not None))
    yield from (lag, age, stopped)


def _stream_metrics(runs: Sequence[RunFigures]) -> Iterator[Metric]:
    """Nothing where no run has ever been streamed."""
    streamed = [(figures.run_id, figures.stream) for figures in runs if figures.stream is not None]
    if not streamed:
        return
    live = GaugeMetricFamily("hamlet_stream_live", "1 while the receiver gets the stream", labels=["run"])
    age = GaugeMetricFamily("hamlet_stream_age_seconds", "Since the stream reported last", labels=["run"])
    size = GaugeMetricFamily("hamlet_stream_archive_bytes", "Size of all recordings", labels=["run"])
    for run_id, stream in streamed:
        live.add_metric([run_id], float(stream.state == "live"))
        age.add_metric([run_id], max(0.0, time.time() - stream.updated_at))
        size.add_metric([run_id], stream.archive_bytes)
    yield from (live, age, size)
    for name, help_text in STREAM_COUNTS.items():
        family = CounterMetricFamily(f"hamlet_stream_{name}", help_text, labels=["run"])
        for run_id, stream in streamed:
            family.add_metric([run_id], getattr(stream.counts, name))
        yield family


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=value)


def _counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(name, help_text, value=value)
