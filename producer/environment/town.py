"""The town: a vectorised environment on torch tensors `[num_agents, …]`, on any device.

A step is a few table look-ups: the cell and the action of an agent select a row of the effects table, and the
row is added to the agent's meters. There is no Python loop over agents, and the host never waits for the
device. Agents do not interact: the episodes of an agent depend on the seed, the agent's index and its actions
only. `core.world` describes a town, `producer.environment.rules` has its tables.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.config_schema import Rewards, RunConfig, Stage
from core.observation import sizes_of
from core.world import World
from producer.environment.current_rules import apply_placements, apply_stage, empty_rules
from producer.environment.episode_state import EpisodeState
from producer.environment.initial_states import POOL_SIZE, InitialStates
from producer.environment.rewards import TENSORS, extra_reward
from producer.environment.rules import ACTIONS, rules_of, select_rows

__all__ = ["Observation", "Town", "TownStep"]


NO_TERMS = Rewards()
"""The rewards of a town that is given none: death and needs."""


class Observation(NamedTuple):
    """What the agents observe."""

    cell: Tensor
    """[num_agents] int64, row-major index."""
    meters: Tensor
    """[num_agents, num_meters] float32 in [0, 1]."""
    affordance_here: Tensor
    """[num_agents] int64, index of the affordance at `cell`; num_affordances where there is none."""
    near: Tensor
    """[num_agents, near] int64, what stands in the near cells, as `core.observation.near_affordances` counts;
    no columns for agents that see only their own cell."""


class TownStep(NamedTuple):
    """What one step did, before the agents whose episode ended start the next one."""

    cell: Tensor
    """[num_agents] int64, the cell after the step."""
    meters: Tensor
    """[num_agents, num_meters] float32, the meters after the step."""
    affordance_here: Tensor
    """[num_agents] int64, the affordance at `cell`, or num_affordances."""
    affordance_used: Tensor
    """[num_agents] int64, index of the affordance that took effect, or −1."""
    reward: Tensor
    """[num_agents] float32, the extrinsic reward of the stage."""
    terminated: Tensor
    """[num_agents] bool: a vital meter is empty."""
    truncated: Tensor
    """[num_agents] bool: alive at the limit of steps."""
    cause: Tensor
    """[num_agents] int64, index of the meter whose emptiness ended the episode, or −1."""
    episode_length: Tensor
    """[num_agents] int64, steps of the episode so far: its survival time if it ended."""
    born_stage: Tensor
    """[num_agents] int64, stage (from 1) in which the episode started."""
    near: Tensor
    """[num_agents, near] int64, what stands in the cells near `cell`."""

    @property
    def next_observation(self) -> Observation:
        """The observation after the step; the last one of an episode that ended."""
        return Observation(self.cell, self.meters, self.affordance_here, self.near)

    @property
    def done(self) -> Tensor:
        """[num_agents] bool: terminated or truncated."""
        return self.terminated | self.truncated


class Town:
    """`num_agents` independent episodes in one town.

    Everything that a step reads lies in tensors that keep their memory, so that a CUDA graph captured from
    `step` stays valid: the tables `rules` (of the world) and `current` (of stage and placements), the state.
    """

    def __init__(
        self,
        world: World,
        stages: list[Stage],
        num_agents: int,
        max_steps: int,
        seed: int,
        shaping: float = 0.01,
        device: torch.device | str = "cpu",
        pool_size: int = POOL_SIZE,
        rewards: Rewards = NO_TERMS,
        sight: int = 0,
    ) -> None:
        """`max_steps` truncates an episode; `seed` draws `pool_size` initial states (a power of two).

        `sight`: cells that an agent sees in each direction, 0 for only its own.
        """
        self.world = world
        self.num_agents = num_agents
        self.max_steps = max_steps
        self.device = torch.device(device)
        self.num_cells = world.num_cells
        self.num_meters = len(world.meters)
        self.num_affordances = len(world.affordances)
        self.sizes = sizes_of(world, sight)
        """Of an observation."""
        self._stages = stages
        self._shaping = shaping * rewards.needs
        self.death = -rewards.death
        """Subtracted from the reward of the step in which an episode terminates."""
        self.extra_reward = extra_reward(rewards, world)
        """The reward terms beside death and needs; None if there are none."""

        self.rules = rules_of(world, self.device, sight)
        self.current = empty_rules(world, self.rules)
        self._cells = torch.arange(self.num_cells, device=self.device)
        starts = torch.tensor([meter.start_range for meter in world.meters], device=self.device)
        self._mean_start_meters = starts.mean(1)
        self._initial_states = InitialStates(world, num_agents, pool_size, self.device)
        zeros = torch.zeros(num_agents, dtype=torch.int64, device=self.device)
        meters = torch.zeros((num_agents, self.num_meters), device=self.device)
        self._state_memory = EpisodeState(zeros, meters, *(zeros.clone() for _ in range(4)))
        self._state = self._state_memory
        self.place([affordance.cell for affordance in world.affordances])
        self.set_stage(1)
        self.draw_initial_states(seed)
        self.reset()

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
            rewards=config.rewards,
            sight=config.observation.sight,
        )
        if config.curriculum.start_stage != 1:
            town.set_stage(config.curriculum.start_stage)
            town.reset()
        return town

    def reset(self) -> None:
        """Start the next episode of every agent, whether or not the present one has ended."""
        episode_number = self._state.episode_number + 1
        row = self._initial_states.rows(episode_number)
        cell = self._initial_states.cell.index_select(0, row)
        self._state = EpisodeState(
            cell=cell,
            meters=self._initial_states.meters.index_select(0, row),
            affordance_here=self.current.affordance_at.index_select(0, cell),
            episode_length=torch.zeros_like(episode_number),
            episode_number=episode_number,
            born_stage=self.current.stage.expand_as(episode_number),
        )
        self.commit_state()

    def start_episodes(self, agents: Tensor, cell: Tensor, meters: Tensor) -> None:
        """Start an episode of `agents` `[n]` int64 at `cell` `[n]` int64, with `meters` `[n, num_meters]`."""
        self.commit_state()
        self._state.cell[agents] = cell
        self._state.meters[agents] = meters
        self._state.affordance_here[agents] = self.current.affordance_at[cell]
        self._state.episode_length[agents] = 0
        self._state.born_stage[agents] = self.current.stage

    def commit_state(self) -> None:
        """Copy the state into the memory that it had at first.

        A captured CUDA graph reads the state there. Tensors that `step` returned keep their values; an
        `observation` from before is overwritten.
        """
        for memory, value in zip(self._state_memory, self._state, strict=True):
            memory.copy_(value)
        self._state = self._state_memory

    def observation(self) -> Observation:
        """What the agents observe now; valid until the next `commit_state`."""
        near = self.current.near_at.index_select(0, self._state.cell)
        return Observation(*self._state[:3], near)

    def initial_observations(self) -> Observation:
        """What an agent with the mean of the initial meters observes in each cell: `[num_cells]` rows."""
        meters = self._mean_start_meters.expand(self.num_cells, -1)
        return Observation(self._cells, meters, self.current.affordance_at, self.current.near_at)

    def step(self, actions: Tensor) -> TownStep:
        """Take one action per agent, `[num_agents]` int64; agents whose episode ends start the next one."""
        state, rules, current = self._state, self.rules, self.current
        choice = torch.add(actions, state.cell, alpha=len(ACTIONS))
        row = select_rows(rules, current.row_of_choice.index_select(0, choice), state.meters)

        # Effects and drains are one row; couplings and the limits 0 and 1 follow.
        meters = state.meters + current.effects.index_select(0, row)
        for source, below, target, rate in rules.couplings:
            meters[:, target].addcmul_((below - meters[:, source]).clamp_(min=0.0), rate, value=-1.0)
        meters.clamp_(0.0, 1.0)
        cell = rules.next_cell.index_select(0, choice)
        affordance_here = current.affordance_at.index_select(0, cell)

        # A meter that cannot end an episode in this stage has an offset of 2: it is never the lowest.
        lowest, lowest_meter = (meters + current.lethal_offset).min(1)
        terminated = lowest <= 0.0
        episode_length = state.episode_length + 1
        done = (episode_length >= self.max_steps).logical_or_(terminated)
        truncated = done ^ terminated
        reward = torch.addmv(current.reward_offset, meters, current.reward_weights)
        reward.sub_(terminated.float(), alpha=self.death)
        if self.extra_reward is not None:
            reward.add_(self.extra_reward(state.meters.unbind(1), meters.unbind(1), TENSORS))
        cause = torch.where(terminated, lowest_meter, -1)

        # An agent that is done continues from its next initial state.
        episode_number = state.episode_number + done
        start = self._initial_states.rows(episode_number)
        start_meters = self._initial_states.meters.index_select(0, start)
        cell_now = torch.where(done, self._initial_states.cell.index_select(0, start), cell)
        self._state = EpisodeState(
            cell=cell_now,
            meters=torch.where(done.unsqueeze(1), start_meters, meters),
            affordance_here=current.affordance_at.index_select(0, cell_now),
            episode_length=episode_length.masked_fill(done, 0),
            episode_number=episode_number,
            born_stage=torch.where(done, current.stage, state.born_stage),
        )
        return TownStep(
            cell=cell,
            meters=meters,
            affordance_here=affordance_here,
            affordance_used=rules.affordance_used.index_select(0, row),
            reward=reward,
            terminated=terminated,
            truncated=truncated,
            cause=cause,
            episode_length=episode_length,
            born_stage=state.born_stage,
            near=current.near_at.index_select(0, cell),
        )

    def set_stage(self, stage: int) -> None:
        """Apply the rules of a stage, counted from 1, from the next step on; episodes continue."""
        apply_stage(self.current, self.rules, self.world, self._stages, stage, self._shaping)
        self.stage = stage

    def placements(self) -> dict[str, tuple[int, int]]:
        """The cell (x, y) of each affordance now."""
        return dict(zip(self.world.affordance_names, self._cells_of_affordances, strict=True))

    def place(self, cells: list[tuple[int, int]]) -> None:
        """Move the affordances, in the order of the world, to these cells (x, y)."""
        self._cells_of_affordances = list(cells)
        apply_placements(self.current, self.rules, self.world, cells)
        self._state.affordance_here.copy_(self.current.affordance_at[self._state.cell])

    def randomize_affordances(self, seed: int) -> None:
        """Move every affordance to another cell, drawn uniformly; none stays, no two share a cell."""
        generator = torch.Generator().manual_seed(seed)
        old = torch.tensor([self.world.cell_index(cell) for cell in self._cells_of_affordances])
        new, open_cells = old, torch.tensor(self.world.open_cells)
        while bool((new == old).any()):
            new = open_cells[torch.randperm(len(open_cells), generator=generator)[: self.num_affordances]]
        self.place([self.world.cell_xy(index) for index in new.tolist()])

    def draw_initial_states(self, seed: int) -> None:
        """Draw the initial states of the episodes to come from another seed."""
        self._initial_states.draw(seed)

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides the steps to come, for a checkpoint."""
        return {
            **self._state.state_dict(),
            "stage": self.stage,
            "start_seed": self._initial_states.seed,
            "cells_of_affordances": [list(cell) for cell in self._cells_of_affordances],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._state.load_state_dict(state)
        self.set_stage(state["stage"])
        self.draw_initial_states(state["start_seed"])
        self.place([(x, y) for x, y in state["cells_of_affordances"]])
