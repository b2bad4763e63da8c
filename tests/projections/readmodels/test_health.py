"""The trainer's heartbeats and status."""

from typing import Any

from core import events as e
from projections.readmodels.health import read_health, read_trainer_status
from tests.support.events import started
from tests.support.read_models import ReadModelKit


def test_health_gives_the_newest_heartbeats_slope_of_the_memory(kit: ReadModelKit) -> None:
    kit.given(started())
    for i in range(100):
        kit.when(
            e.Heartbeat(
                episode=i,
                vector_step=i,
                updates=i,
                agent_steps_per_second=10.0,
                loss=0.1,
                mean_q=0.2,
                gradient_norm=0.3,
                rss_bytes=1_000_000 + 1000 * i,
                device_memory_bytes=0,
                replay_fill=0.5,
                rss_bytes_per_hour=36_000.0 * i if i else None,
            )
        )
    health = kit.ask(read_health)
    assert health.rss_bytes_per_hour == kit.ask(read_trainer_status).rss_bytes_per_hour == 36_000.0 * 99
    assert health.rss_bytes[-1] == 1_099_000


def test_health_thins_the_whole_run_and_says_how(kit: ReadModelKit) -> None:
    """11 heartbeats in at most 4 points: means of what varies, the highest of what must not be missed."""
    kit.given(started())
    for i in range(11):
        kit.when(
            e.Heartbeat(
                episode=i,
                vector_step=i,
                updates=i,
                agent_steps_per_second=float(i),
                loss=0.1,
                mean_q=0.2,
                gradient_norm=0.3,
                rss_bytes=900 if i == 4 else 100,
                device_memory_bytes=0,
                replay_fill=0.5,
            )
        )
    exact = kit.ask(read_health)
    assert (exact.resolution, exact.episode) == (1, list(range(11)))
    thinned = kit.ask(lambda c: read_health(c, 4))
    assert thinned.resolution == 3
    assert thinned.episode == [2, 5, 8, 10]
    assert thinned.agent_steps_per_second == [1.0, 4.0, 7.0, 9.5]
    assert thinned.rss_bytes == [100, 900, 100, 100]


def test_the_trainers_status_has_the_memory_alarm_while_the_trainer_runs(kit: ReadModelKit) -> None:
    def heartbeat(**memory: Any) -> e.Heartbeat:
        return e.Heartbeat(
            episode=1, vector_step=1, updates=1, agent_steps_per_second=10.0, loss=0.1, mean_q=0.2,
            gradient_norm=0.3, rss_bytes=900, device_memory_bytes=0, replay_fill=0.5, **memory,
        )  # fmt: skip

    kit.given(started())
    kit.when(heartbeat())
    before_the_field = kit.ask(read_trainer_status)
    assert (before_the_field.rss_limit_bytes, before_the_field.memory_alarm) == (None, "")
    kit.when(heartbeat(rss_limit_bytes=1000, rss_bytes_per_hour=50.0, memory_alarm="nearly full"))
    alarmed = kit.ask(read_trainer_status)
    assert (alarmed.rss_limit_bytes, alarmed.memory_alarm) == (1000, "nearly full")
    kit.when(e.RunStopped(episode=1, reason="signal", detail="SIGTERM"))
    assert kit.ask(read_trainer_status).memory_alarm == ""
