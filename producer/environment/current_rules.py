"""The rules of the present stage and the present places of the affordances, as tables of tensors.

The tensors keep their memory: a change of the stage or of the placements is copied into them, so that a CUDA
graph captured from a step stays valid, and so that NumPy arrays that share the memory see the change.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from core.config_schema import Stage
from core.world import World
from producer.environment.rules import ACTIONS, INTERACT, Rules, near_affordances

__all__ = ["CurrentRules", "apply_placements", "apply_stage", "empty_rules"]


class CurrentRules(NamedTuple):
    """The tables that depend on the stage, then those that depend on the placements."""

    effects: Tensor
    """[rows, num_meters]: change of the meters, drain included; rows as in `producer.environment.rules`."""
    lethal_offset: Tensor
    """[num_meters]: 0 for a meter that ends an episode when it is empty, 2 for the others."""
    reward_weights: Tensor
    """[num_meters]"""
    reward_offset: Tensor
    """[1]; the shaped reward of a step is offset + weights · levels."""
    stage: Tensor
    """[] int64, from 1"""
    affordance_at: Tensor
    """[num_cells] int64, index of the affordance; num_affordances where there is none."""
    near_at: Tensor
    """[num_cells, near] int64: what stands near each cell, as `core.observation.near_affordances` counts."""
    row_of_choice: Tensor
    """[num_cells · num_actions] int64: row of the effects, before limits are checked."""


def empty_rules(world: World, rules: Rules) -> CurrentRules:
    """Tables of the right shapes, to be filled by `apply_stage` and `apply_placements`."""
    device = rules.effects.device
    return CurrentRules(
        effects=torch.zeros_like(rules.effects),
        lethal_offset=torch.zeros(len(world.meters), device=device),
        reward_weights=torch.zeros(len(world.meters), device=device),
        reward_offset=torch.zeros(1, device=device),
        stage=torch.zeros((), dtype=torch.int64, device=device),
        affordance_at=torch.zeros(world.num_cells, dtype=torch.int64, device=device),
        near_at=torch.zeros_like(rules.near),
        row_of_choice=torch.zeros_like(rules.next_cell),
    )


def apply_stage(
    current: CurrentRules, rules: Rules, world: World, stages: list[Stage], number: int, shaping: float
) -> None:
    """Fill in the rules of stage `number`, from 1; `shaping` scales the shaped reward."""
    stage, device = stages[number - 1], rules.effects.device
    drains = torch.tensor([meter.drain for meter in world.meters], device=device)
    current.effects.copy_(rules.effects - drains * stage.depletion)
    active = torch.tensor([meter.name in stage.active_meters for meter in world.meters], device=device)
    vital = torch.tensor([meter.vital for meter in world.meters], device=device)
    current.lethal_offset.copy_(torch.where(active & vital, 0.0, 2.0))
    scale = shaping if stage.reward == "shaped" else 0.0
    current.reward_weights.copy_(active * (scale / int(active.sum())))
    current.reward_offset.fill_(-scale)
    current.stage.fill_(number)


def apply_placements(current: CurrentRules, rules: Rules, world: World, cells: list[tuple[int, int]]) -> None:
    """Fill in the cells (x, y) of the affordances, in the order of the world."""
    count = len(world.affordances)
    affordance_at = torch.full((world.num_cells,), count)
    affordance_at[torch.tensor([world.cell_index(cell) for cell in cells])] = torch.arange(count)
    row_of_choice = torch.full((world.num_cells, len(ACTIONS)), rules.move_row)
    row_of_choice[:, INTERACT] = torch.where(affordance_at < count, affordance_at, rules.no_effect_row)
    current.affordance_at.copy_(affordance_at)
    current.near_at.copy_(near_affordances(affordance_at, rules.near.cpu(), count))
    current.row_of_choice.copy_(row_of_choice.flatten())
