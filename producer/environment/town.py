"""The town: a vectorised environment on torch tensors `[num_agents, …]`, on any device.

One step is a handful of table look-ups: an agent's cell and action name a row of the effects table, the row
is added to its meters. There is no Python loop over agents and no host sync. Agents do not meet: one agent's
life depends on the seed, its own number and its own actions only. What the town is made of is `core.world`.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.config_schema import RunConfig, Stage
from core.world import World
from producer.environment.rules import ACTIONS, INTERACT, rules_of

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
    """What one step did to every agent, before those whose life ended are born again."""

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

    @property
    def arrival(self) -> Observation:
        """What the step led to, as it would be observed."""
        return Observation(self.cell, self.meters, self.underfoot)

    @property
    def ended(self) -> Tensor:
        """[num_agents] bool."""
        return self.died | self.truncated


class Lives(NamedTuple):
    """Every agent's life in progress, all `[num_agents]`."""

    cell: Tensor
    """int64"""
    meters: Tensor
    """[num_agents, num_meters] float32"""
    underfoot: Tensor
    """int64"""
    age: Tensor
    """int64, steps"""
    number: Tensor
    """int64, which of the agent's lives this is"""
    born_stage: Tensor
    """int64"""


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

        # Whatever a step reads lies in tensors that stay where they are: rules change by copying into them.
        self._rules = rules_of(world, self.device)
        self._sense = torch.tensor([[1.0], [-1.0], [1.0]], device=self.device)
        self._effects = torch.zeros_like(self._rules.effects)
        self._immunity = torch.zeros(self.num_meters, device=self.device)
        self._reward_weights = torch.zeros(self.num_meters, device=self.device)
        self._reward_offset = torch.zeros(1, device=self.device)
        self._born_into = torch.zeros((), dtype=torch.int64, device=self.device)
        self._affordance_at = torch.zeros(self.num_cells, dtype=torch.int64, device=self.device)
        self._row_of_choice = torch.zeros_like(self._rules.move_to)
        starts = torch.tensor([meter.start_range for meter in world.meters], device=self.device)
        self._middling = starts.mean(1)
        self._cells = torch.arange(self.num_cells, device=self.device)
        self._agent_offset = torch.arange(num_agents, device=self.device) * 40_503
        self._start_meters = torch.zeros((START_POOL, self.num_meters), device=self.device)
        self._start_cell = torch.zeros(START_POOL, dtype=torch.int64, device=self.device)
        nobody = torch.zeros(num_agents, dtype=torch.int64, device=self.device)
        meters = torch.zeros((num_agents, self.num_meters), device=self.device)
        self._home = Lives(nobody, meters, *(nobody.clone() for _ in range(4)))
        self._lives = self._home
        self.place([affordance.cell for affordance in world.affordances])
        self.set_stage(1)
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
        number = self._lives.number + 1
        row = self._start_row(number)
        cell = self._start_cell.index_select(0, row)
        self._lives = Lives(
            cell=cell,
            meters=self._start_meters.index_select(0, row),
            underfoot=self._affordance_at.index_select(0, cell),
            age=torch.zeros_like(number),
            number=number,
            born_stage=self._born_into.expand_as(number),
        )
        self.settle()

    def settle(self) -> None:
        """Bring the lives back to the memory they began in. What was handed out since stays as it is."""
        for home, now in zip(self._home, self._lives, strict=True):
            home.copy_(now)
        self._lives = self._home

    def observation(self) -> Observation:
        """What the agents see now; overwritten when the town settles."""
        return Observation(*self._lives[:3])

    def newborns(self) -> Observation:
        """What a newborn with middling meters would see at each cell: `[num_cells]`."""
        return Observation(self._cells, self._middling.expand(self.num_cells, -1), self._affordance_at)

    def step(self, actions: Tensor) -> TownStep:
        """Advance every life by one action, `[num_agents]` int64. Lives that end begin again at once."""
        lives, rules = self._lives, self._rules
        # Rules: which row of the effects table does each agent get?
        choice = torch.add(actions, lives.cell, alpha=len(ACTIONS))
        row = self._row_of_choice.index_select(0, choice)
        # [num_agents, 3]: the least room above the lowest served, below the highest served, above being tired
        bounds = rules.bounds.index_select(0, row)
        room = torch.addcmul(bounds, lives.meters.unsqueeze(1), self._sense).amin(2)
        served = room[:, :2].amin(1) >= 0.0
        tired = room[:, 2] < 0.0
        row = torch.where(served, row.add_(tired, alpha=self.num_affordances), rules.nothing_row)

        # Physics: effects, drains, drags, all clamped to the meters' range.
        meters = lives.meters + self._effects.index_select(0, row)
        for source, below, target, slope in rules.drags:
            meters[:, target].addcmul_((below - meters[:, source]).clamp_(min=0.0), slope, value=-1.0)
        meters.clamp_(0.0, 1.0)
        cell = rules.move_to.index_select(0, choice)
        underfoot = self._affordance_at.index_select(0, cell)

        # Life and death.
        least, worst = (meters + self._immunity).min(1)
        died = least <= 0.0
        age = lives.age + 1
        ended = (age >= self.max_steps).logical_or_(died)
        truncated = ended ^ died
        reward = torch.addmv(self._reward_offset, meters, self._reward_weights).sub_(died.float())
        cause = torch.where(died, worst, -1)

        # Birth: the next row of the agent's own sequence of beginnings.
        number = lives.number + ended
        start = self._start_row(number)
        cell_now = torch.where(ended, self._start_cell.index_select(0, start), cell)
        self._lives = Lives(
            cell=cell_now,
            meters=torch.where(ended.unsqueeze(1), self._start_meters.index_select(0, start), meters),
            underfoot=self._affordance_at.index_select(0, cell_now),
            age=age.masked_fill(ended, 0),
            number=number,
            born_stage=torch.where(ended, self._born_into, lives.born_stage),
        )
        return TownStep(
            cell=cell,
            meters=meters,
            underfoot=underfoot,
            used=rules.used.index_select(0, row),
            reward=reward,
            died=died,
            truncated=truncated,
            cause=cause,
            age=age,
            born_stage=lives.born_stage,
        )

    def set_stage(self, stage: int) -> None:
        """Put everybody into a stage, counted from 1. Lives go on; their birth stage stays."""
        rules = self._stages[stage - 1]
        self.stage = stage
        drains = torch.tensor([meter.drain for meter in self.world.meters], device=self.device)
        self._effects.copy_(self._rules.effects - drains * rules.depletion)
        active = torch.tensor(
            [meter.name in rules.active_meters for meter in self.world.meters], device=self.device
        )
        vital = torch.tensor([meter.vital for meter in self.world.meters], device=self.device)
        # Added before looking for an empty meter: one that cannot kill now never looks empty.
        self._immunity.copy_(torch.where(active & vital, 0.0, 2.0))
        shaping = self._shaping if rules.reward == "shaped" else 0.0
        self._reward_weights.copy_(active * (shaping / int(active.sum())))
        self._reward_offset.fill_(-shaping)
        self._born_into.fill_(stage)

    def placements(self) -> dict[str, tuple[int, int]]:
        """Where each affordance stands now, (x, y)."""
        return dict(zip(self.world.affordance_names, self._cells_of_affordances, strict=True))

    def place(self, cells: list[tuple[int, int]]) -> None:
        """Put the affordances, in the world's order, at these (x, y)."""
        self._cells_of_affordances = list(cells)
        indices = torch.tensor([self.world.cell_index(cell) for cell in cells])
        affordance_at = torch.full((self.num_cells,), self.num_affordances)
        affordance_at[indices] = torch.arange(self.num_affordances)
        row_of_choice = torch.full((self.num_cells, len(ACTIONS)), self._rules.move_row)
        row_of_choice[:, INTERACT] = torch.where(
            affordance_at < self.num_affordances, affordance_at, self._rules.nothing_row
        )
        self._affordance_at.copy_(affordance_at)
        self._row_of_choice.copy_(row_of_choice.flatten())
        self._lives.underfoot.copy_(self._affordance_at[self._lives.cell])

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
        self._start_meters.copy_(low + spread * (high - low))
        self._start_cell.copy_(torch.randint(self.num_cells, (START_POOL,), generator=generator))

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides the lives to come, mid-episode state included."""
        return {
            **{name: value for name, value in self._lives._asdict().items() if name != "underfoot"},
            "stage": self.stage,
            "start_seed": self._start_seed,
            "cells_of_affordances": [list(cell) for cell in self._cells_of_affordances],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        for name, value in self._lives._asdict().items():
            if name != "underfoot":
                value.copy_(state[name])
        self.set_stage(state["stage"])
        self.draw_starts(state["start_seed"])
        self.place([(x, y) for x, y in state["cells_of_affordances"]])

    def _start_row(self, number: Tensor) -> Tensor:
        # Odd multipliers walk the whole pool; agents begin far apart in it.
        return torch.add(self._agent_offset, number, alpha=25_717).bitwise_and_(START_POOL - 1)
