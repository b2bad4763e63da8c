"""The town: a vectorised environment on torch tensors `[num_agents, …]`, on any device.

One step is a handful of table look-ups: an agent's cell and action name a row of the effects table, the row
is added to its meters. There is no Python loop over agents and no host sync. Agents do not meet: one agent's
life depends on the seed, its own number and its own actions only. What the town is made of is `core.world`.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.config import RunConfig, Stage
from core.world import World

ACTIONS = ("UP", "DOWN", "LEFT", "RIGHT", "INTERACT")
INTERACT = 4

START_POOL = 1 << 16
"""Rows of the table of lives' beginnings."""


class Observation(NamedTuple):
    """What the agents see, compact: `expand` makes the network's input of it."""

    cell: Tensor
    """[num_agents] int64, row-major index."""
    meters: Tensor
    """[num_agents, num_meters] float32 in [0, 1]."""
    underfoot: Tensor
    """[num_agents] int64, index of the affordance at the cell; num_affordances where there is none."""


class TownStep(NamedTuple):
    """What one step did to every agent. The first block is before the auto-reset, `observation` after it."""

    cell: Tensor
    """[num_agents] int64, where the step led."""
    meters: Tensor
    """[num_agents, num_meters] float32 after the step."""
    underfoot: Tensor
    """[num_agents] int64, the affordance at `cell`, or num_affordances."""
    used: Tensor
    """[num_agents] int64, index of the affordance that took effect, or −1."""
    reward: Tensor
    """[num_agents] float32, the stage's extrinsic reward."""
    died: Tensor
    """[num_agents] bool."""
    truncated: Tensor
    """[num_agents] bool: alive at the step limit."""
    cause: Tensor
    """[num_agents] int64, index of the meter the agent died of, or −1."""
    age: Tensor
    """[num_agents] int64, steps of this life so far: its survival time if it ended."""
    born_stage: Tensor
    """[num_agents] int64, stage (from 1) in which this life began."""
    observation: Observation
    """What the agents see next; those whose life ended are born again."""


class Town:
    """`num_agents` independent lives in one town."""

    def __init__(
        self,
        world: World,
        stages: list[Stage],
        num_agents: int,
        max_steps: int,
        seed: int,
        shaping: float = 0.01,
        device: torch.device | str = "cpu",
    ) -> None:
        self.world = world
        self.num_agents = num_agents
        self.max_steps = max_steps
        self.device = torch.device(device)
        self.num_cells = world.num_cells
        self.num_meters = len(world.meters)
        self.num_affordances = len(world.affordances)
        self._stages = stages
        self._shaping = shaping

        self._move_to = self._movement_table()
        self._lowest, self._highest, self._tired_below, self._base_effects = self._rule_tables()
        self._used_of_row = torch.tensor(
            [*range(self.num_affordances), *range(self.num_affordances), -1, -1], device=self.device
        )
        self.place([affordance.cell for affordance in world.affordances])
        self.set_stage(1)

        self._agent_offset = torch.arange(num_agents, device=self.device) * 40_503
        self._life = torch.zeros(num_agents, dtype=torch.int64, device=self.device)
        self._age = torch.zeros(num_agents, dtype=torch.int64, device=self.device)
        self._born_stage = torch.full((num_agents,), self.stage, dtype=torch.int64, device=self.device)
        self.draw_starts(seed)
        self.begin()

    @classmethod
    def from_config(cls, config: RunConfig, seed: int, device: torch.device | str = "cpu") -> "Town":
        """The town of a run, at the curriculum's first stage."""
        town = cls(
            config.world,
            config.curriculum.stages,
            config.population.num_agents,
            config.training.max_steps_per_episode,
            seed,
            config.curriculum.shaping,
            device,
        )
        if config.curriculum.start_stage != 1:
            town.set_stage(config.curriculum.start_stage)
            town.begin()
        return town

    def begin(self) -> None:
        """Begin every agent's next life, whether or not the present one is over."""
        self._life = self._life + 1
        row = self._start_row()
        self._cell = self._start_cell.index_select(0, row)
        self._meters = self._start_meters.index_select(0, row)
        self._age = torch.zeros_like(self._age)
        self._born_stage = torch.full_like(self._born_stage, self.stage)

    def observation(self) -> Observation:
        """What the agents see now."""
        return Observation(self._cell, self._meters, self._affordance_at[self._cell])

    def observation_at(self, cells: Tensor, meters: Tensor) -> Observation:
        """What somebody with `meters` [B, num_meters] would see standing at `cells` [B]."""
        return Observation(cells, meters, self._affordance_at[cells])

    def step(self, actions: Tensor) -> TownStep:
        """Advance every life by one action, `[num_agents]` int64. Lives that end begin again at once."""
        # Rules: which row of the effects table does each agent get?
        choice = self._cell * len(ACTIONS) + actions
        row = self._row_of_choice.index_select(0, choice)
        above_lowest = self._meters - self._lowest.index_select(0, row)
        below_highest = self._highest.index_select(0, row).sub_(self._meters)
        served = torch.minimum(above_lowest, below_highest).amin(1) >= 0.0
        tired = (self._meters - self._tired_below.index_select(0, row)).amin(1) < 0.0
        row = torch.where(served, row.add_(tired, alpha=self.num_affordances), self._nothing_row)

        # Physics: effects, drains, drags, all clamped to the meters' range.
        meters = self._meters + self._effects.index_select(0, row)
        for source, below, target, slope in self._drags:
            meters[:, target].addcmul_((below - meters[:, source]).clamp_(min=0.0), slope, value=-1.0)
        meters.clamp_(0.0, 1.0)
        cell = self._move_to.index_select(0, choice)

        # Life and death.
        least, worst = (meters + self._immunity).min(1)
        died = least <= 0.0
        age = self._age + 1
        truncated = (age >= self.max_steps) & ~died
        ended = died | truncated
        reward = meters.mv(self._reward_weights).add_(self._reward_offset).sub_(died.float())
        cause = torch.where(died, worst, -1)
        born_stage = self._born_stage

        # Birth: the next row of the agent's own sequence of beginnings.
        self._life = self._life + ended
        start = self._start_row()
        self._cell = torch.where(ended, self._start_cell.index_select(0, start), cell)
        self._meters = torch.where(ended.unsqueeze(1), self._start_meters.index_select(0, start), meters)
        self._age = age.masked_fill(ended, 0)
        self._born_stage = torch.where(ended, self.stage, born_stage)

        return TownStep(
            cell=cell,
            meters=meters,
            underfoot=self._affordance_at.index_select(0, cell),
            used=self._used_of_row.index_select(0, row),
            reward=reward,
            died=died,
            truncated=truncated,
            cause=cause,
            age=age,
            born_stage=born_stage,
            observation=Observation(
                self._cell, self._meters, self._affordance_at.index_select(0, self._cell)
            ),
        )

    def set_stage(self, stage: int) -> None:
        """Put everybody into a stage, counted from 1. Lives go on; their birth stage stays."""
        rules = self._stages[stage - 1]
        self.stage = stage
        drains = torch.tensor([meter.drain for meter in self.world.meters], device=self.device)
        self._effects = self._base_effects - drains * rules.depletion
        active = torch.tensor(
            [meter.name in rules.active_meters for meter in self.world.meters], device=self.device
        )
        vital = torch.tensor([meter.vital for meter in self.world.meters], device=self.device)
        # Added before looking for an empty meter: one that cannot kill now never looks empty.
        self._immunity = torch.where(active & vital, 0.0, 2.0)
        shaping = self._shaping if rules.reward == "shaped" else 0.0
        self._reward_weights = active * (shaping / int(active.sum()))
        self._reward_offset = -shaping

    def placements(self) -> dict[str, tuple[int, int]]:
        """Where each affordance stands now, (x, y)."""
        return dict(zip(self.world.affordance_names, self._cells_of_affordances, strict=True))

    def place(self, cells: list[tuple[int, int]]) -> None:
        """Put the affordances, in the world's order, at these (x, y)."""
        self._cells_of_affordances = list(cells)
        indices = torch.tensor([self.world.cell_index(cell) for cell in cells])
        affordance_at = torch.full((self.num_cells,), self.num_affordances)
        affordance_at[indices] = torch.arange(self.num_affordances)
        row_of_choice = torch.full((self.num_cells, len(ACTIONS)), self._move_row)
        row_of_choice[:, INTERACT] = torch.where(
            affordance_at < self.num_affordances, affordance_at, self._nothing_row
        )
        self._affordance_at = affordance_at.to(self.device)
        self._row_of_choice = row_of_choice.flatten().to(self.device)

    def randomize_affordances(self, seed: int) -> None:
        """Move every affordance to another cell, drawn uniformly; none stays, no two share a cell."""
        generator = torch.Generator().manual_seed(seed)
        old = torch.tensor([self.world.cell_index(cell) for cell in self._cells_of_affordances])
        new = old
        while bool((new == old).any()):
            new = torch.randperm(self.num_cells, generator=generator)[: self.num_affordances]
        self.place([self.world.cell_xy(index) for index in new.tolist()])

    def draw_starts(self, seed: int) -> None:
        """Draw the table of lives' beginnings. Life k of agent i reads a row that only i and k decide."""
        generator = torch.Generator().manual_seed(seed)
        low, high = torch.tensor([meter.start_range for meter in self.world.meters]).unbind(1)
        spread = torch.rand((START_POOL, self.num_meters), generator=generator)
        self._start_seed = seed
        self._start_meters = (low + spread * (high - low)).to(self.device)
        self._start_cell = torch.randint(self.num_cells, (START_POOL,), generator=generator).to(self.device)

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides the lives to come, mid-episode state included."""
        return {
            "cell": self._cell,
            "meters": self._meters,
            "age": self._age,
            "life": self._life,
            "born_stage": self._born_stage,
            "stage": self.stage,
            "start_seed": self._start_seed,
            "cells_of_affordances": [list(cell) for cell in self._cells_of_affordances],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._cell = state["cell"].to(self.device)
        self._meters = state["meters"].to(self.device)
        self._age = state["age"].to(self.device)
        self._life = state["life"].to(self.device)
        self._born_stage = state["born_stage"].to(self.device)
        self.set_stage(state["stage"])
        self.draw_starts(state["start_seed"])
        self.place([(x, y) for x, y in state["cells_of_affordances"]])

    def _start_row(self) -> Tensor:
        # Odd multipliers walk the whole pool; agents begin far apart in it.
        return (self._agent_offset + self._life * 25_717) & (START_POOL - 1)

    @property
    def _nothing_row(self) -> int:
        return 2 * self.num_affordances

    @property
    def _move_row(self) -> int:
        return 2 * self.num_affordances + 1

    def _movement_table(self) -> Tensor:
        """[num_cells · num_actions] int64: the cell each action leads to; walls hold."""
        width, height = self.world.width, self.world.height
        table = []
        for index in range(self.num_cells):
            x, y = self.world.cell_xy(index)
            for dx, dy in ((0, -1), (0, 1), (-1, 0), (1, 0), (0, 0)):
                to = (min(max(x + dx, 0), width - 1), min(max(y + dy, 0), height - 1))
                table.append(self.world.cell_index(to))
        return torch.tensor(table, device=self.device)

    def _rule_tables(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Per row (affordances, the same for the tired, nothing, a move) and meter, `[rows, num_meters]`:

        the lowest and highest level that is served, the level under which one is tired, and the change.
        """
        names = self.world.meter_names
        purse = names.index(self.world.purse)
        rows = 2 * self.num_affordances + 2
        lowest = torch.full((rows, self.num_meters), -1.0)
        highest = torch.full((rows, self.num_meters), 2.0)
        tired_below = torch.full((rows, self.num_meters), -1.0)
        effects = torch.zeros((rows, self.num_meters))
        for i, affordance in enumerate(self.world.affordances):
            tired = affordance.tired
            # A tenth of a cent of tolerance: $5 must buy what costs $5, whatever float32 made of it.
            if affordance.price > 0.0:
                lowest[i, purse] = (affordance.price - 0.001) / self.world.purse_holds
            for name, level in affordance.refuses_above.items():
                highest[i, names.index(name)] = level
            for name, level in (tired.below if tired is not None else {}).items():
                tired_below[i, names.index(name)] = level
            for row, wage in (
                (i, affordance.wage),
                (i + self.num_affordances, tired.wage if tired is not None else affordance.wage),
            ):
                for name, change in affordance.effects.items():
                    effects[row, names.index(name)] = change
                effects[row, purse] = (wage - affordance.price) / self.world.purse_holds
        for m, meter in enumerate(self.world.meters):
            effects[self._move_row, m] = -meter.move_cost
        self._drags = [
            (
                names.index(drag.meter),
                drag.below,
                names.index(drag.drains),
                torch.tensor(drag.by / drag.below),
            )
            for drag in self.world.drags
        ]
        tables = (lowest, highest, tired_below, effects)
        lowest, highest, tired_below, effects = (table.to(self.device) for table in tables)
        self._drags = [(s, below, t, slope.to(self.device)) for s, below, t, slope in self._drags]
        return lowest, highest, tired_below, effects
