"""Plausible logs of any length, made up without training: for tests, benchmarks and work on the dashboard.

    python tests/plausible.py --out DIR --episodes 10000 --resumes 3 --seed 0

The story is the demo's: aimless lives of about 115 steps, five lessons, curiosity annealed away, the town
rearranged half-way, a dip and a recovery, crashes that supersede some episodes. Lives are drawn from a pool
made beforehand, so a million episodes need little time and flat memory. Nothing here learns, and no number
that comes out of it says anything about the real town.
"""

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec
import numpy as np
import numpy.typing as npt

from core import events as e
from core.log import EventLog, encode
from core.packing import METER_LEVELS, pack_indices, pack_meters, pack_novelty

SIZE = 8
CELLS = SIZE * SIZE
MAX_STEPS = 500
ACTIONS = ("UP", "DOWN", "LEFT", "RIGHT", "INTERACT")
UP, DOWN, LEFT, RIGHT, INTERACT = range(5)
METERS = ("energy", "hygiene", "satiation", "money", "mood", "social")
VITAL = ("energy", "hygiene", "satiation")
DRAIN = np.array([0.008, 0.005, 0.006, 0.0, 0.001, 0.004])
PLACES = {
    "Bed": (1, 1), "Shower": (2, 2), "Fridge": (1, 3), "FastFood": (5, 6),
    "Job": (6, 6), "Gym": (7, 3), "Bar": (7, 0), "Recreation": (0, 7),
}  # fmt: skip
EFFECTS = {
    "Bed": [0.5, 0, 0, -0.05, 0, 0], "Shower": [-0.03, 0.4, 0, -0.03, 0, 0],
    "Fridge": [0.05, 0, 0.45, -0.03, 0, 0], "FastFood": [0.15, 0, 0.45, -0.1, 0, 0.01],
    "Job": [-0.15, -0.1, 0, 0.3, -0.1, 0.015], "Gym": [-0.08, 0, 0, -0.06, 0.45, 0.02],
    "Bar": [-0.2, -0.15, 0.3, -0.15, 0.25, 0.5], "Recreation": [0.12, 0, 0, -0.06, 0.25, 0],
}  # fmt: skip
ROUTINE = ("Bed", "Job", "Fridge", "Shower")

# Mean survival over the course of a run: (part of the run, steps), with a dip after every change of stage.
COURSE = [
    (0.0, 115), (0.02, 150), (0.05, 330), (0.051, 220), (0.08, 350), (0.081, 230), (0.11, 350), (0.111, 240),
    (0.14, 360), (0.141, 280), (0.2, 380), (0.35, 440), (0.5, 465), (1.0, 465),
]  # fmt: skip
STAGE_STARTS = (0.0, 0.05, 0.08, 0.11, 0.14)
EPOCH = 1_790_000_000.0
SECONDS_PER_STEP = 0.0023
START_POSITION = 1


class Life(msgspec.Struct, frozen=True):
    """A life of the pool, packed as the events want it; `visits` is `[cells]` steps per cell."""

    survival_time: int
    start_cell: int
    path: bytes
    actions: bytes
    meters: bytes
    affordances: tuple[str, ...]
    steps: tuple[int, ...]
    cause: str
    visits: npt.NDArray[np.int64]


class Story(msgspec.Struct, frozen=True):
    """How long a log is to be and what happens in it."""

    episodes: int
    resumes: int = 0
    seed: int = 0
    checkpoint_every: int = 100
    heartbeat_every: int = 10
    trace_every: int = 1
    lives_per_pool: int = 240


def placements(cells: dict[str, tuple[int, int]]) -> tuple[e.Placement, ...]:
    return tuple(e.Placement(name, x, y) for name, (x, y) in cells.items())


def moved(rng: np.random.Generator) -> dict[str, tuple[int, int]]:
    """Every affordance on another cell."""
    while True:
        cells = rng.choice(CELLS, len(PLACES), replace=False)
        result = {name: (int(c) % SIZE, int(c) // SIZE) for name, c in zip(PLACES, cells, strict=True)}
        if all(result[name] != PLACES[name] for name in PLACES):
            return result


def step_towards(cell: int, target: int, rng: np.random.Generator) -> int:
    """An action on a shortest way; INTERACT on the spot."""
    dx, dy = target % SIZE - cell % SIZE, target // SIZE - cell // SIZE
    if dx and (not dy or rng.random() < 0.5):
        return RIGHT if dx > 0 else LEFT
    if dy:
        return DOWN if dy > 0 else UP
    return INTERACT


def walk(cell: int, action: int) -> int:
    x, y = cell % SIZE, cell // SIZE
    x = min(SIZE - 1, max(0, x + (action == RIGHT) - (action == LEFT)))
    y = min(SIZE - 1, max(0, y + (action == DOWN) - (action == UP)))
    return y * SIZE + x


def live(survival: int, skill: float, cells: dict[str, tuple[int, int]], rng: np.random.Generator) -> Life:
    """Make up a life of `survival` steps; with `skill` 1 it walks the routine, with 0 it wanders."""
    at = {y * SIZE + x: name for name, (x, y) in cells.items()}
    target_of = {name: cell for cell, name in at.items()}
    cell = start = int(rng.integers(CELLS))
    levels = np.array([1.0, 1.0, 1.0, rng.uniform(0.1, 0.3), 1.0, 0.5])
    path, actions, trace, used, steps = [], [], [levels.copy()], [], []
    routine = int(rng.integers(len(ROUTINE)))
    for step in range(1, survival + 1):
        if rng.random() < skill:
            action = step_towards(cell, target_of[ROUTINE[routine]], rng)
            if action == INTERACT and rng.random() < 0.3 and levels[:3].min() > 0.5:
                action = int(rng.integers(4))
        else:
            action = int(rng.integers(5))
        levels = levels - DRAIN
        if action == INTERACT and cell in at:
            used.append(at[cell])
            steps.append(step)
            levels = levels + EFFECTS[at[cell]]
            if at[cell] == ROUTINE[routine]:
                routine = (routine + 1) % len(ROUTINE)
        cell = walk(cell, action)
        levels = levels.clip(0.02, 1.0)
        path.append(cell)
        actions.append(action)
        trace.append(levels.copy())
    cause = "limit" if survival >= MAX_STEPS else VITAL[int(np.argmin(levels[:3]))]
    if cause != "limit":
        trace[-1][METERS.index(cause)] = 0.0
    levels = np.rint(np.array(trace) * METER_LEVELS).astype(np.uint8)
    return Life(
        survival, start, pack_indices(path), pack_indices(actions), pack_meters(levels),
        tuple(used), tuple(steps), cause, np.bincount(path, minlength=CELLS),
    )  # fmt: skip


def pool(size: int, skill: float, cells: dict[str, tuple[int, int]], rng: np.random.Generator) -> list[Life]:
    """Lives of all lengths, shortest first; a few live to the limit."""
    lengths = np.sort(np.append(rng.integers(12, MAX_STEPS, size - size // 10), [MAX_STEPS] * (size // 10)))
    return [live(int(length), skill, cells, rng) for length in lengths]


def mean_survival(episode: int, story: Story) -> float:
    """The mean survival the story wants at an episode, in steps."""
    part = episode / story.episodes
    mean = float(np.interp(part, *zip(*COURSE, strict=True)))
    since = episode - story.episodes // 2
    if since > 0:  # the town was rearranged: down to 140, most of it regained within 500 episodes
        recovery = min(500.0, story.episodes / 10)
        mean = 140 + (mean - 140) * (1 - float(np.exp(-since / (0.5 * recovery))))
    return mean


def stage_at(episode: int, story: Story) -> int:
    return sum(episode / story.episodes >= start for start in STAGE_STARTS)


def tell(story: Story) -> Iterator[tuple[e.Event, float]]:
    """Yield every event of the story in order, with the time it was recorded at (Unix seconds)."""
    rng = np.random.default_rng(story.seed)
    second_town = moved(rng)
    stages = len(STAGE_STARTS)
    pools = [
        [pool(story.lives_per_pool, min(0.9, 0.1 + 0.2 * i), cells, rng) for i in range(stages)]
        for cells in (PLACES, second_town)
    ]
    crashes = sorted(
        int(c) for c in rng.choice(np.arange(2, story.episodes), story.resumes, replace=False)
    )  # fmt: skip
    now, position, vector_step, updates = EPOCH, START_POSITION, 0, 0
    seen = np.ones(CELLS)
    attempt, weight, epsilon, stage = 1, 1.0, 1.0, 1
    saved: tuple[str | None, int, int] = (None, 0, START_POSITION)
    yield run_started(story), now

    episode = 0
    while episode < story.episodes:
        episode += 1
        town = int(episode > story.episodes // 2)
        lives = pools[town][stage - 1]
        wanted = rng.normal(mean_survival(episode, story), 60) / MAX_STEPS * len(lives)
        life = lives[int(np.clip(wanted, 0, len(lives) - 1))]
        now += life.survival_time * SECONDS_PER_STEP
        vector_step += life.survival_time // 32 + 1
        updates += 1
        seen += life.visits
        novelty = 40.0 / seen * rng.uniform(0.8, 1.2, CELLS)
        epsilon = max(0.05, 0.05 + 0.95 * 0.5 ** (20.0 * episode / story.episodes))
        sparse = stage == stages
        died = life.cause != "limit"
        extrinsic = -float(died) - (0.0 if sparse else 0.003 * life.survival_time * rng.uniform(0.8, 1.2))
        intrinsic = float(novelty.mean()) * life.survival_time * 0.1
        group: list[e.Event] = [
            e.EpisodeFinished(
                episode=episode, agent=int(rng.integers(32)), survival_time=life.survival_time,
                total_reward=extrinsic + weight * intrinsic, extrinsic_reward=extrinsic,
                intrinsic_reward=intrinsic, intrinsic_weight=weight, born_stage=stage, curriculum_stage=stage,
                epsilon=epsilon, cause=life.cause, vector_step=vector_step,
            ),
            e.CellsVisited(
                episode=episode, start_cell=life.start_cell, path=life.path, novelty=pack_novelty(novelty)
            ),
            e.AffordancesUsed(episode=episode, affordances=life.affordances, steps=life.steps),
        ]  # fmt: skip
        if story.trace_every and episode % story.trace_every == 0:
            group.append(e.EpisodeTraced(episode=episode, actions=life.actions, meters=life.meters))
        next_stage = stage_at(episode + 1, story)
        if next_stage != stage:
            decided = {"mean_survival": mean_survival(episode, story), "advance_at": 350.0}
            group.append(
                e.StageChanged(
                    episode=episode, agent=None, from_stage=stage, to_stage=next_stage, decided_by=decided
                )
            )
            stage = next_stage
        target = max(0.05, float(np.exp(-8.0 * max(0.0, episode / story.episodes - 0.14))))
        if episode == story.episodes // 2:
            seen[:] = 30.0
            group.append(
                e.AffordancesRandomized(
                    episode=episode, seed=story.seed, old=placements(PLACES), new=placements(second_town)
                )
            )
        if target < 0.9 * weight:
            group.append(
                e.ExplorationChanged(
                    episode=episode, reason="annealing", intrinsic_weight_before=weight,
                    intrinsic_weight_after=target, epsilon_before=epsilon, epsilon_after=epsilon,
                    decided_by={"mean_survival": mean_survival(episode, story)},
                )
            )  # fmt: skip
            weight = target
        if episode % story.heartbeat_every == 0:
            group.append(heartbeat(episode, vector_step, updates, rng))
        for event in group:
            position += 1
            yield event, now
        if episode % story.checkpoint_every == 0 or episode == story.episodes:
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
        if crashes and episode == crashes[0]:
            crashes.pop(0)
            attempt += 1
            now += 12.0
            position += 1
            yield (
                e.RunResumed(
                    attempt=attempt, checkpoint=saved[0], after_episode=saved[1], after_position=saved[2],
                    reason="restart", num_episodes=story.episodes, config_hash="0" * 64,
                ),
                now,
            )  # fmt: skip
            episode = saved[1]
            stage = stage_at(episode + 1, story)
            weight = max(0.05, float(np.exp(-8.0 * max(0.0, episode / story.episodes - 0.14))))
    yield e.RunStopped(episode=episode, reason="completed"), now


def run_started(story: Story) -> e.RunStarted:
    """The first event; of the configuration only what readers look at."""
    return e.RunStarted(
        run_id="plausible".ljust(26, "a"),
        seed=story.seed,
        num_episodes=story.episodes,
        num_agents=32,
        config_name="plausible",
        config={
            "curriculum": {
                "start_stage": 1,
                "survival_window": 100,
                "survival_advance_threshold": 0.7,
                "survival_retreat_threshold": 0.3,
                "stages": [{} for _ in STAGE_STARTS],
            },
            "training": {"max_steps_per_episode": MAX_STEPS, "randomize_affordances_at": story.episodes // 2},
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


def stage_summary(stage: int) -> e.StageSummary:
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


def write_log(path: Path, story: Story, group: int = 20_000) -> int:
    """Write the story to a new log at `path`, straight and without fsync; give the number of events."""
    EventLog(path).close()
    connection = apsw.Connection(str(path))
    connection.pragma("synchronous", "OFF")
    rows, written = [], 0
    for event, recorded_at in tell(story):
        rows.append(encode(event, recorded_at))
        if len(rows) >= group:
            written += flush(connection, rows)
            rows.clear()
    written += flush(connection, rows)
    connection.close()
    return written


def flush(connection: apsw.Connection, rows: list[tuple[float, str, int, str]]) -> int:
    with connection:
        connection.executemany(
            "INSERT INTO events (recorded_at, type, version, payload) VALUES (?, ?, ?, ?)", rows
        )
    return len(rows)


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
    story = Story(episodes=arguments.episodes, resumes=arguments.resumes, seed=arguments.seed)
    print(f"{log}: {write_log(log, story)} events")


if __name__ == "__main__":
    main()
