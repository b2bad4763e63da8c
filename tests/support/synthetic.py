"""Synthetic logs of any length, written without training: for tests, benchmarks and work on the dashboard.

    python -m tests.support.synthetic --out DIR --episodes 10000 --resumes 3 --seed 0

The events have the shape of the default run: early episodes of about 115 steps, five stages, an intrinsic
weight annealed away, affordances moved half-way with a drop and a recovery, crashes that supersede some
episodes. Episodes are drawn from a pool generated beforehand, so that a million episodes need little time and
constant memory. Nothing here learns, and no number from a synthetic log says anything about the real town.
"""

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core import events as e
from core.codec import encode
from core.log import EventLog
from core.novelty_map import pack_novelty
from tests.support.synthetic_policy import policy_recorded
from tests.support.synthetic_scenario import STAGE_STARTS, Scenario, mean_survival, stage_at
from tests.support.synthetic_town import (
    ACTIONS,
    CELLS,
    MAX_STEPS,
    METERS,
    PLACES,
    SIZE,
    VITAL,
    episode_pool,
    move_all,
)

EPOCH = 1_790_000_000.0
SECONDS_PER_STEP = 0.0023
START_POSITION = 2
"""Position of the last event before the first episode."""


def placements(cells: dict[str, tuple[int, int]]) -> tuple[e.Placement, ...]:
    return tuple(e.Placement(name, x, y) for name, (x, y) in cells.items())


def generate_events(scenario: Scenario) -> Iterator[tuple[e.Event, float]]:
    """Yield every event of a scenario in order, with the time it was recorded at (Unix seconds)."""
    rng = np.random.default_rng(scenario.seed)
    second_town = move_all(rng)
    stages = len(STAGE_STARTS)
    pools = [
        [episode_pool(scenario.episodes_per_pool, min(0.9, 0.1 + 0.2 * i), cells, rng) for i in range(stages)]
        for cells in (PLACES, second_town)
    ]
    crashes = sorted(
        int(c) for c in rng.choice(np.arange(2, scenario.episodes), scenario.resumes, replace=False)
    )  # fmt: skip
    now, position, vector_step, updates = EPOCH, START_POSITION, 0, 0
    seen = np.ones(CELLS)
    attempt, weight, epsilon, stage = 1, 1.0, 1.0, 1
    saved: tuple[str | None, int, int] = (None, 0, START_POSITION)
    yield run_started(scenario), now
    yield baseline_measured(), now

    episode = 0
    while episode < scenario.episodes:
        episode += 1
        town = int(episode > scenario.episodes // 2)
        pool = pools[town][stage - 1]
        index = rng.normal(mean_survival(episode, scenario), 60) / MAX_STEPS * len(pool)
        drawn = pool[int(np.clip(index, 0, len(pool) - 1))]
        now += drawn.survival_time * SECONDS_PER_STEP
        vector_step += drawn.survival_time // 32 + 1
        updates += 1
        seen += drawn.visits
        novelty = 40.0 / seen * rng.uniform(0.8, 1.2, CELLS)
        epsilon = max(0.05, 0.05 + 0.95 * 0.5 ** (20.0 * episode / scenario.episodes))
        sparse = stage == stages
        died = drawn.cause != "limit"
        extrinsic = -float(died) - (0.0 if sparse else 0.003 * drawn.survival_time * rng.uniform(0.8, 1.2))
        intrinsic = float(novelty.mean()) * drawn.survival_time * 0.1
        group: list[e.Event] = [
            e.EpisodeFinished(
                episode=episode, agent=int(rng.integers(32)), survival_time=drawn.survival_time,
                total_reward=extrinsic + weight * intrinsic, extrinsic_reward=extrinsic,
                intrinsic_reward=intrinsic, intrinsic_weight=weight, born_stage=stage, curriculum_stage=stage,
                epsilon=epsilon, cause=drawn.cause, vector_step=vector_step,
            ),
            e.CellsVisited(
                episode=episode, start_cell=drawn.start_cell, path=drawn.path, novelty=pack_novelty(novelty)
            ),
            e.AffordancesUsed(episode=episode, affordances=drawn.affordances, steps=drawn.steps),
        ]  # fmt: skip
        if scenario.trace_every and episode % scenario.trace_every == 0:
            group.append(e.EpisodeTraced(episode=episode, actions=drawn.actions, meters=drawn.meters))
        next_stage = stage_at(episode + 1, scenario)
        if next_stage != stage:
            decided = {"mean_survival": mean_survival(episode, scenario), "advance_at": 350.0}
            group.append(
                e.StageChanged(
                    episode=episode, agent=None, from_stage=stage, to_stage=next_stage, decided_by=decided
                )
            )
            stage = next_stage
        target = max(0.05, float(np.exp(-8.0 * max(0.0, episode / scenario.episodes - 0.14))))
        if episode == scenario.episodes // 2:
            seen[:] = 30.0
            group.append(
                e.AffordancesRandomized(
                    episode=episode, seed=scenario.seed, old=placements(PLACES), new=placements(second_town)
                )
            )
        if target < 0.9 * weight:
            group.append(
                e.ExplorationChanged(
                    episode=episode, reason="annealing", intrinsic_weight_before=weight,
                    intrinsic_weight_after=target, epsilon_before=epsilon, epsilon_after=epsilon,
                    decided_by={"mean_survival": mean_survival(episode, scenario)},
                )
            )  # fmt: skip
            weight = target
        if episode % scenario.heartbeat_every == 0:
            group.append(heartbeat(episode, vector_step, updates, rng))
        for event in group:
            position += 1
            yield event, now
        if episode % scenario.checkpoint_every == 0 or episode == scenario.episodes:
            name = f"checkpoint_ep{episode:05d}.pt"
            digest = hashlib.sha256(name.encode()).hexdigest()
            saved = (name, episode, position)
            position += 1
            yield (
                e.CheckpointSaved(
                    episode=episode, position=saved[2],
                    checkpoint=e.SavedFile(name, digest, 1_400_000), replay=None,
                ),
                now,
            )  # fmt: skip
            if scenario.policy_hidden:
                position += 1
                yield policy_recorded(episode, name, saved[2], scenario.policy_hidden, scenario.seed), now
        if crashes and episode == crashes[0]:
            crashes.pop(0)
            attempt += 1
            now += 12.0
            position += 1
            yield (
                e.RunResumed(
                    attempt=attempt, checkpoint=saved[0], after_episode=saved[1], after_position=saved[2],
                    reason="restart", num_episodes=scenario.episodes, config_hash="0" * 64,
                ),
                now,
            )  # fmt: skip
            episode = saved[1]
            stage = stage_at(episode + 1, scenario)
            weight = max(0.05, float(np.exp(-8.0 * max(0.0, episode / scenario.episodes - 0.14))))
    yield e.RunStopped(episode=episode, reason="completed"), now


def run_started(scenario: Scenario) -> e.RunStarted:
    """The first event; the configuration holds only what readers use."""
    return e.RunStarted(
        run_id="synthetic".ljust(26, "a"),
        seed=scenario.seed,
        num_episodes=scenario.episodes,
        num_agents=32,
        config_name="synthetic",
        config={
            "curriculum": {
                "start_stage": 1,
                "survival_window": 100,
                "survival_advance_threshold": 0.7,
                "survival_retreat_threshold": 0.3,
                "stages": [{} for _ in STAGE_STARTS],
            },
            "training": {
                "max_steps_per_episode": MAX_STEPS,
                "randomize_affordances_at": scenario.episodes // 2,
            },
        },
        config_hash="0" * 64,
        world=e.WorldMap(
            width=SIZE,
            height=SIZE,
            meters=METERS,
            vital_meters=VITAL,
            affordances=placements(PLACES),
            actions=ACTIONS,
            max_steps=MAX_STEPS,
            meter_full_scale={"money": 100.0},
        ),
        curriculum=e.CurriculumSummary(
            stages=tuple(stage_summary(stage) for stage in range(1, len(STAGE_STARTS) + 1)),
            start_stage=1,
            survival_window=100,
            advance_at=0.7 * MAX_STEPS,
            retreat_at=0.3 * MAX_STEPS,
        ),
        wages={"Job": 30.0},
        packages={},
        device="cpu",
    )


def baseline_measured() -> e.BaselineMeasured:
    """A random policy that survives less in each stage than in the stage before."""
    means = [230.0 - 30.0 * stage for stage in range(len(STAGE_STARTS))]
    return e.BaselineMeasured(
        policy="random",
        episodes=256,
        stages=tuple(
            e.StageBaseline(stage=stage, mean_survival=mean, low=mean - 4.0, high=mean + 4.0)
            for stage, mean in enumerate(means, start=1)
        ),
    )


def stage_summary(stage: int) -> e.StageSummary:
    """A stage as `run_started` describes it; stages are counted from 1."""
    return e.StageSummary(
        name=f"Lesson {stage}",
        meaning=f"What lesson {stage} asks",
        active_meters=METERS[: stage + 1],
        depletion=stage / len(STAGE_STARTS),
        reward="sparse" if stage == len(STAGE_STARTS) else "shaped",
    )


def heartbeat(episode: int, vector_step: int, updates: int, rng: np.random.Generator) -> e.Heartbeat:
    return e.Heartbeat(
        episode=episode,
        vector_step=vector_step,
        updates=updates,
        agent_steps_per_second=float(rng.normal(13_800, 300)),
        loss=float(abs(rng.normal(0.004, 0.001))),
        mean_q=float(rng.normal(-0.4, 0.05)),
        gradient_norm=float(abs(rng.normal(0.3, 0.05))),
        rss_bytes=int(rng.normal(412e6, 0.3e6)),
        device_memory_bytes=0,
        replay_fill=min(1.0, vector_step * 32 / 200_000),
    )


def write_synthetic_log(path: Path, scenario: Scenario, group: int = 20_000) -> int:
    """Write a scenario to a new log at `path`; return the number of events."""
    log = EventLog(path)
    rows, written = [], 0
    for event, recorded_at in generate_events(scenario):
        rows.append(encode(event, recorded_at))
        if len(rows) >= group:
            written = log.append_encoded(rows)
            rows.clear()
    written = log.append_encoded(rows)
    log.close()
    return written


def main() -> None:
    """Write `events.db` into a directory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, required=True, help="directory that gets events.db")
    parser.add_argument("--episodes", type=int, default=10_000)
    parser.add_argument("--resumes", type=int, default=0, help="crashes, each superseding some episodes")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    log = arguments.out / "events.db"
    if log.exists():
        parser.error(f"{log} exists already; choose another directory")
    scenario = Scenario(episodes=arguments.episodes, resumes=arguments.resumes, seed=arguments.seed)
    print(f"{log}: {write_synthetic_log(log, scenario)} events")


if __name__ == "__main__":
    main()
