"""The success criteria of a whole run, judged by the figures that a `MemoryRecorder` has kept."""

from collections.abc import Sequence

import msgspec
import numpy as np
import torch
from msgspec import Struct

from core.config_schema import Rewards, RunConfig
from core.definitions import (
    RECOVERED_AT,
    RECOVERY_EPISODES,
    WINDOW,
    Recovery,
    advance_recovery,
    recovery_at_move,
    recovery_before_move,
)
from core.economy import mean_longest_without_work
from producer.training.memory_recorder import NOVELTY_EVERY, MemoryRecorder
from producer.training.trainer import Trainer

__all__ = ["Criterion", "bound_without_work", "judge", "recovery_of", "regained_after"]

SURVIVAL_TARGET = 0.8
"""Part of the limit that mean survival must exceed at the last stage, before the move and at the end."""
WEIGHT_TARGET = 0.3
"""The intrinsic weight must fall below this."""
AIM = 0.9
"""Part of the survival before the move whose return is an aim, no criterion."""
ROUTINE_SHARE = 2.0
"""Per cent of the last visits that each part of a daily routine must have."""
ROUTINE_EPISODES = 1_000


class Criterion(Struct, frozen=True):
    """One line of the table; an aim that is not reached fails nothing."""

    name: str
    figure: str
    holds: bool
    aim: bool = False


def bound_without_work(config: RunConfig) -> float:
    """Steps that no policy can exceed without work at the last stage; depends on the configuration alone."""
    limit = config.training.max_steps_per_episode
    return mean_longest_without_work(config.world, config.curriculum.stages[-1], limit)


def recovery_of(survival: Sequence[int], moved_at: int | None) -> Recovery:
    """The recovery by the definition of `core.definitions`; `survival` in steps, one entry per episode."""
    if moved_at is None:
        return recovery_before_move(planned=False)
    recovery = recovery_at_move(moved_at, _mean(survival, moved_at))
    for episode in range(moved_at + 1, len(survival) + 1):
        recovery = advance_recovery(recovery, episode, _mean(survival, episode))
    return recovery


def regained_after(history: MemoryRecorder, moved_at: int, part: float) -> int | None:
    """Episodes from the move until a window that lies wholly after it has `part` of the mean before it.

    None if there is no such window at the last stage that the run reached.
    """
    before, last_stage = _mean(history.survival, moved_at), max(history.stage)
    for episode in range(moved_at + WINDOW, len(history.survival) + 1):
        back = _mean(history.survival, episode) >= part * before
        if back and history.stage[episode - 1] == last_stage:
            return episode - moved_at
    return None


def judge(config: RunConfig, history: MemoryRecorder, trainer: Trainer, bound: float) -> list[Criterion]:
    """Every criterion with the figure of this run; `bound` is `bound_without_work` of its configuration.

    What a town does not have is not judged: a move of its affordances, work, an intrinsic reward. In a town
    with a reward of its own, survival is an aim, and not a routine is asked for, but a reward that rises.
    """
    survival, stage = history.survival, history.stage
    last_stage = len(config.curriculum.stages)
    reached = stage.index(last_stage) + 1 if last_stage in stage else None
    finite = history.finite and bool(torch.isfinite(trainer.dqn.q_network.flat).all())
    moved_at = config.training.randomize_affordances_at
    return [
        Criterion(f"stage {last_stage} reached", f"episode {reached}", reached is not None),
        *(_before_the_move(config, history, moved_at) if moved_at is not None else []),
        *_at_the_end(config, history),
        _survival(config, history, len(survival), f"of the last {WINDOW}"),
        _reward(history) if _own_reward(config) else _routine(config, history),
        *_without_work(config, bound),
        Criterion("no NaN or Inf", "finite" if finite else "not finite", finite),
    ]


def _before_the_move(config: RunConfig, history: MemoryRecorder, planned: int) -> list[Criterion]:
    moved_at = history.moved_at or min(planned, len(history.survival))
    has_novelty = config.exploration.novelty != "none"
    return [
        *([_weight(history, moved_at, "before the move")] if has_novelty else []),
        _survival(config, history, moved_at, "before the move"),
        *_after_the_move(history, moved_at, len(config.curriculum.stages), has_novelty),
    ]


def _at_the_end(config: RunConfig, history: MemoryRecorder) -> list[Criterion]:
    has_novelty = config.exploration.novelty != "none"
    return [_weight(history, len(history.survival), "at the end")] if has_novelty else []


def _weight(history: MemoryRecorder, episode: int, when: str) -> Criterion:
    weight = history.weight[episode - 1]
    return Criterion(f"intrinsic weight < {WEIGHT_TARGET} {when}", f"{weight:.3f}", weight < WEIGHT_TARGET)


def _survival(config: RunConfig, history: MemoryRecorder, episode: int, when: str) -> Criterion:
    """Mean survival at the end of `episode`, and whether the last stage was reached."""
    last_stage, stage = len(config.curriculum.stages), history.stage[episode - 1]
    least = SURVIVAL_TARGET * config.training.max_steps_per_episode
    mean, aim = _mean(history.survival, episode), _own_reward(config)
    return Criterion(
        f"mean survival {when} > {least:.0f} at stage {last_stage}{' (aim)' if aim else ''}",
        f"{mean:.0f} at stage {stage}",
        mean > least and stage == last_stage,
        aim,
    )


def _own_reward(config: RunConfig) -> bool:
    """Whether the extrinsic reward is another one than usual, so that survival need not be learnt."""
    return msgspec.structs.replace(config.rewards, novelty=1.0) != Rewards()


def _reward(history: MemoryRecorder) -> Criterion:
    first, last = (_mean(history.reward, at) for at in (WINDOW, len(history.reward)))
    figure = f"{first:.2f} → {last:.2f}"
    return Criterion(f"mean reward of an episode rises, first {WINDOW} → last {WINDOW}", figure, last > first)


def _without_work(config: RunConfig, bound: float) -> list[Criterion]:
    if not any(place.wage > 0.0 for place in config.world.affordances):
        return []
    least = SURVIVAL_TARGET * config.training.max_steps_per_episode
    name = f"without work no policy lasts {least:.0f} steps (bound)"
    return [Criterion(name, f"{bound:.0f}", bound < least)]


def _after_the_move(
    history: MemoryRecorder, moved_at: int, last_stage: int, has_novelty: bool
) -> list[Criterion]:
    recovery = recovery_of(history.survival, history.moved_at)
    drops = [event for event in history.exploration if event.reason == "drop"]
    detected = [event for event in drops if 0 <= event.episode - moved_at <= RECOVERY_EPISODES]
    weights = [(event.intrinsic_weight_before, event.intrinsic_weight_after) for event in detected]
    raised = [
        f"+{event.episode - moved_at}: {old:.2f} → {new:.2f}"
        for event, (old, new) in zip(detected, weights, strict=True)
    ]
    at = moved_at - moved_at % NOVELTY_EVERY
    novelty = [history.novelty.get(at + offset, float("nan")) for offset in (0, NOVELTY_EVERY)]
    back, aim = (regained_after(history, moved_at, part) for part in (RECOVERED_AT, AIM))
    lowest = f"to {recovery.lowest:.0f}" if recovery.lowest is not None else recovery.state
    curiosity = [
        Criterion(
            "the drop is detected and the intrinsic weight raised",
            ", ".join(raised) or "no",
            any(new > old for old, new in weights),
        ),
        Criterion(
            "novelty at the affordances' cells rises",
            f"{novelty[0]:.2g} → {novelty[1]:.2g}",
            novelty[1] > novelty[0],
        ),
    ]
    without = Criterion("the drop is detected", f"{len(detected)} drops", bool(detected))
    return [
        Criterion("survival drops after the move", lowest, recovery.state in ("recovered", "recovering")),
        *(curiosity if has_novelty else [without]),
        Criterion("drops detected elsewhere", str(len(drops) - len(detected)), len(drops) == len(detected)),
        Criterion(
            f"{RECOVERED_AT:.0%} regained within {RECOVERY_EPISODES} episodes at stage {last_stage}",
            f"after {back}",
            back is not None and back <= RECOVERY_EPISODES and recovery.state in ("recovered", "no drop"),
        ),
        Criterion(f"{AIM:.0%} (aim)", f"after {aim}", aim is not None and aim <= RECOVERY_EPISODES, aim=True),
    ]


def _routine(config: RunConfig, history: MemoryRecorder) -> Criterion:
    """Whether each vital meter is cared for, and money earned: the most used affordance of each kind."""
    shares = history.shares(slice(-ROUTINE_EPISODES, None))
    active = config.curriculum.stages[-1].active_meters
    kinds = [
        [place.name for place in config.world.affordances if place.effects.get(meter.name, 0.0) > 0.0]
        for meter in config.world.meters
        if meter.vital and meter.name in active
    ]
    kinds.append([place.name for place in config.world.affordances if place.wage > 0.0])
    used = dict.fromkeys(max(names, key=lambda name: shares[name]) for names in kinds if names)
    return Criterion(
        f"routine: each ≥ {ROUTINE_SHARE:.0f} % of the visits of the last {ROUTINE_EPISODES:,} episodes",
        ", ".join(f"{name} {shares[name]:.1f}" for name in used),
        all(shares[name] >= ROUTINE_SHARE for name in used),
    )


def _mean(values: Sequence[float], episode: int) -> float:
    """The mean over the last `WINDOW` episodes at the end of `episode`."""
    return float(np.mean(values[max(0, episode - WINDOW) : episode]))
