"""Events with few fields, for tests of the log itself; what an episode is does not matter to the log."""

from core import events as e
from core.codec import Recorded, decode


def stopped(episode: int) -> e.RunStopped:
    return e.RunStopped(episode=episode, reason="signal")


def heartbeat(episode: int) -> e.Heartbeat:
    return e.Heartbeat(
        episode=episode, vector_step=0, updates=0, agent_steps_per_second=0.0, loss=0.0, mean_q=0.0,
        gradient_norm=0.0, rss_bytes=0, device_memory_bytes=0, replay_fill=0.0,
    )  # fmt: skip


def episodes(events: list[Recorded]) -> list[int]:
    return [decode(recorded).episode for recorded in events]  # type: ignore[union-attr]
