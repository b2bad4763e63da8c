"""Scenarios of synthetic runs: their length, the crashes, and how mean survival and stage go over a run."""

import msgspec
import numpy as np

# Mean survival over the course of a run: (part of the run, steps), with a dip after every change of stage.
COURSE = [
    (0.0, 115), (0.02, 150), (0.05, 330), (0.051, 220), (0.08, 350), (0.081, 230), (0.11, 350), (0.111, 240),
    (0.14, 360), (0.141, 280), (0.2, 380), (0.35, 440), (0.5, 465), (1.0, 465),
]  # fmt: skip


STAGE_STARTS = (0.0, 0.05, 0.08, 0.11, 0.14)


class Scenario(msgspec.Struct, frozen=True):
    """The length of a synthetic run, and what happens in it."""

    episodes: int
    resumes: int = 0
    seed: int = 0
    checkpoint_every: int = 100
    heartbeat_every: int = 10
    trace_every: int = 1
    episodes_per_pool: int = 240
    policy_hidden: tuple[int, ...] = ()
    """Hidden layers of the policy beside each checkpoint; without any, no policy is recorded."""


def mean_survival(episode: int, scenario: Scenario) -> float:
    """Mean survival of the scenario at an episode, in steps."""
    part = episode / scenario.episodes
    mean = float(np.interp(part, [at for at, _ in COURSE], [steps for _, steps in COURSE]))
    since = episode - scenario.episodes // 2
    if since > 0:  # the town was rearranged: down to 140, most of it regained within 500 episodes
        recovery = min(500.0, scenario.episodes / 10)
        mean = 140 + (mean - 140) * (1 - float(np.exp(-since / (0.5 * recovery))))
    return mean


def stage_at(episode: int, scenario: Scenario) -> int:
    return sum(episode / scenario.episodes >= start for start in STAGE_STARTS)
