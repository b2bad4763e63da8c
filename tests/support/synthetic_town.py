"""The town of synthetic runs: one episode walked at random or along a routine, packed as events hold it."""

import msgspec
import numpy as np
import numpy.typing as npt

from core.packing import METER_LEVELS, pack_indices, pack_meters

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

Cells = dict[str, tuple[int, int]]
"""Affordance → column and row."""


class SyntheticEpisode(msgspec.Struct, frozen=True):
    """An episode of the pool, packed as events hold it; `visits` is `[cells]` steps per cell."""

    survival_time: int
    start_cell: int
    path: bytes
    actions: bytes
    meters: bytes
    affordances: tuple[str, ...]
    steps: tuple[int, ...]
    cause: str
    visits: npt.NDArray[np.int64]


def move_all(rng: np.random.Generator) -> Cells:
    """A new cell for every affordance."""
    while True:
        cells = rng.choice(CELLS, len(PLACES), replace=False)
        result = {name: (int(c) % SIZE, int(c) // SIZE) for name, c in zip(PLACES, cells, strict=True)}
        if all(result[name] != PLACES[name] for name in PLACES):
            return result


def step_towards(cell: int, target: int, rng: np.random.Generator) -> int:
    """An action on a shortest path; INTERACT on the target itself."""
    dx, dy = target % SIZE - cell % SIZE, target // SIZE - cell // SIZE
    if dx and (not dy or rng.random() < 0.5):
        return RIGHT if dx > 0 else LEFT
    if dy:
        return DOWN if dy > 0 else UP
    return INTERACT


def next_cell(cell: int, action: int) -> int:
    x, y = cell % SIZE, cell // SIZE
    x = min(SIZE - 1, max(0, x + (action == RIGHT) - (action == LEFT)))
    y = min(SIZE - 1, max(0, y + (action == DOWN) - (action == UP)))
    return y * SIZE + x


def make_episode(survival: int, skill: float, cells: Cells, rng: np.random.Generator) -> SyntheticEpisode:
    """Generate an episode of `survival` steps: with `skill` 1 along the routine, with 0 at random."""
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
        cell = next_cell(cell, action)
        levels = levels.clip(0.02, 1.0)
        path.append(cell)
        actions.append(action)
        trace.append(levels.copy())
    cause = "limit" if survival >= MAX_STEPS else VITAL[int(np.argmin(levels[:3]))]
    if cause != "limit":
        trace[-1][METERS.index(cause)] = 0.0
    levels = np.rint(np.array(trace) * METER_LEVELS).astype(np.uint8)
    return SyntheticEpisode(
        survival, start, pack_indices(path), pack_indices(actions), pack_meters(levels),
        tuple(used), tuple(steps), cause, np.bincount(path, minlength=CELLS),
    )  # fmt: skip


def episode_pool(size: int, skill: float, cells: Cells, rng: np.random.Generator) -> list[SyntheticEpisode]:
    """Episodes of all lengths, shortest first; one in ten reaches the limit."""
    lengths = np.sort(np.append(rng.integers(12, MAX_STEPS, size - size // 10), [MAX_STEPS] * (size // 10)))
    return [make_episode(int(length), skill, cells, rng) for length in lengths]
