"""What the single and the vector environment share: a town driven by the conventions of Gymnasium.

Configurations by name, the options of `reset`, initial states from Gymnasium's random number generator. The
rules of the town are `producer.environment.town`'s.
"""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal, cast

import gymnasium
import msgspec
import numpy as np
import torch
from gymnasium.error import InvalidAction
from numpy.typing import NDArray

from core.config import config_from_dict, load_config
from core.config_schema import RunConfig
from core.errors import ConfigError
from core.observation import observation_legend
from core.resources import find_config
from core.world import Fraction
from core.world_check import check_world
from producer.environment.rendering import Scene
from producer.environment.rules import ACTIONS
from producer.environment.town import Town

DEFAULT_CONFIG = "sparse_adaptive"

Floats = NDArray[np.float32]
Config = RunConfig | Mapping[str, Any] | str | PathLike[str]
"""A configuration that is loaded, as parsed YAML, or by name or path as `producer run --config` takes it."""
Layout = Mapping[str, tuple[int, int]] | Literal["random"]
"""Cells (x, y) of affordances by name (the others stay as configured), or "random" for a drawn layout."""


class Start(msgspec.Struct, forbid_unknown_fields=True):
    """A chosen initial state; what is left out is drawn at random."""

    cell: tuple[int, int] | None = None
    """(x, y)"""
    meters: dict[str, Fraction] = {}
    """Level of each meter named."""


class ResetOptions(msgspec.Struct, forbid_unknown_fields=True):
    """The options of `reset`; they hold until the next call of `reset`."""

    stage: int | None = None
    """From 1; otherwise that of the environment."""
    layout: dict[str, tuple[int, int]] | Literal["random"] | None = None
    """As `Layout`; otherwise that of the environment."""
    start: Start | None = None


class TownDescription(msgspec.Struct, frozen=True):
    """What a recorder must know of a town: its configuration, and where its affordances stand now.

    `drawn_layout`: every call of `reset` draws another layout.
    """

    config: RunConfig
    stage: int
    cells: dict[str, tuple[int, int]]
    drawn_layout: bool


class GymnasiumTown:
    """A town, its configuration, and the rules by which `reset` chooses stage, layout and initial states."""

    def __init__(self, config: Config | None, num_agents: int, stage: int, layout: Layout | None) -> None:
        """Build the town.

        Raises:
            ConfigError: the configuration does not exist or is not valid.
            ValueError: the stage or the layout does not exist in the configuration.
        """
        self.config = _read_config(DEFAULT_CONFIG if config is None else config)
        self.world = self.config.world
        self.town = Town(
            self.world,
            self.config.curriculum.stages,
            num_agents,
            self.config.training.max_steps_per_episode,
            seed=0,
            shaping=self.config.curriculum.shaping,
            rewards=self.config.rewards,
            sight=self.config.observation.sight,
            pool_size=1,  # initial states come from Gymnasium's random number generator
        )
        self._stage = self._checked_stage(stage)
        self._layout = self._checked_layout(_read_options({"layout": layout}, "arguments").layout)
        starts = np.array([meter.start_range for meter in self.world.meters])
        self._lowest_start, self._start_width = starts[:, 0], starts[:, 1] - starts[:, 0]
        self._start = Start()
        self.used_names = np.array([*self.world.affordance_names, None], dtype=object)
        """By index of the affordance; −1 is the last entry, None."""
        self.cause_names = np.array([*self.world.meter_names, "limit", None], dtype=object)
        """By index of the meter; then the limit of steps; −1 is the last entry, None."""

    @property
    def description(self) -> TownDescription:
        """The town as it is now."""
        cells = dict(self.town.placements())
        return TownDescription(self.config, self.town.stage, cells, self._layout == "random")

    @property
    def observation_space(self) -> gymnasium.Space[Floats]:
        """The space of one agent's observation."""
        box = gymnasium.spaces.Box(0.0, 1.0, (self.town.sizes.total,), np.float32)
        return cast(gymnasium.Space[Floats], box)

    @property
    def action_space(self) -> gymnasium.spaces.Discrete:
        """The space of one agent's action."""
        return gymnasium.spaces.Discrete(len(ACTIONS))

    def invalid_action(self, action: object) -> InvalidAction:
        """The error for an action that does not exist."""
        known = ", ".join(f"{index} {name}" for index, name in enumerate(ACTIONS))
        return InvalidAction(f"action {action!r} does not exist; give one of {known}")

    @property
    def observation_legend(self) -> tuple[str, ...]:
        """What each entry of an observation means."""
        return observation_legend(self.world, self.config.observation.sight)

    @torch.inference_mode()
    def choose(self, options: Mapping[str, Any] | None, np_random: np.random.Generator) -> None:
        """Choose stage, layout and start of the episodes to come.

        Raises:
            ValueError: an option that does not exist, or a value that the configuration does not allow.
        """
        chosen = _read_options(options, "options of reset")
        start = self._checked_start(chosen.start or Start())
        stage = self._stage if chosen.stage is None else self._checked_stage(chosen.stage)
        layout = self._layout if chosen.layout is None else self._checked_layout(chosen.layout)
        self._start = start
        if stage != self.town.stage:
            self.town.set_stage(stage)
        if layout == "random":
            drawn = np_random.permutation(self.world.open_cells)[: len(self.world.affordances)]
            cells = [self.world.cell_xy(index) for index in drawn.tolist()]
        else:
            cells = list(layout.values())
        if cells != list(self.town.placements().values()):
            self.town.place(cells)

    def draw_starts(self, count: int, np_random: np.random.Generator) -> tuple[NDArray[np.int64], Floats]:
        """Initial states of `count` episodes: cells `[count]` and meters `[count, num_meters]`."""
        uniform = np_random.random((count, 1 + len(self.world.meters)))
        open_cells = np.array(self.world.open_cells)
        cell: NDArray[np.int64] = open_cells[(uniform[:, 0] * len(open_cells)).astype(np.int64)]
        meters = (self._lowest_start + uniform[:, 1:] * self._start_width).astype(np.float32)
        if self._start.cell is not None:
            cell[:] = self.world.cell_index(self._start.cell)
        for name, level in self._start.meters.items():
            meters[:, self.world.meter_names.index(name)] = level
        return cell, meters

    def scene(self, cell: int, levels: list[float], caption: str) -> Scene:
        """What a picture shows of an agent in `cell` with these meters."""
        return Scene(
            width=self.world.width,
            height=self.world.height,
            agent=self.world.cell_xy(cell),
            obstacles={self.world.cell_xy(cell): kind for cell, kind in self.world.obstacle_cells.items()},
            affordances=self.town.placements(),
            meters=dict(zip(self.world.meter_names, levels, strict=True)),
            full_scale=self.world.meter_full_scale,
            currency=self.world.currency,
            caption=caption,
        )

    def _checked_stage(self, stage: int) -> int:
        last = len(self.config.curriculum.stages)
        if not 1 <= stage <= last:
            name = self.config.experiment.name
            raise ValueError(f"stage is {stage}; the configuration {name!r} has the stages 1 to {last}")
        return stage

    def _checked_layout(
        self, layout: dict[str, tuple[int, int]] | Literal["random"] | None
    ) -> dict[str, tuple[int, int]] | Literal["random"]:
        if layout == "random":
            return "random"
        home = {affordance.name: affordance.cell for affordance in self.world.affordances}
        for name in layout or {}:
            if name not in home:
                raise ValueError(f"layout names {name!r}; the affordances are {', '.join(home)}")
        cells = home | (layout or {})
        try:
            check_world(self.world.with_cells(cells), "layout")
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return cells

    def _checked_start(self, start: Start) -> Start:
        if start.cell is not None:
            x, y = start.cell
            if not (0 <= x < self.world.width and 0 <= y < self.world.height):
                raise ValueError(
                    f"options start.cell is [{x}, {y}], outside the town;"
                    f" x goes from 0 to {self.world.width - 1} and y from 0 to {self.world.height - 1}"
                )
            if (obstacle := self.world.obstacle_cells.get(self.world.cell_index(start.cell))) is not None:
                raise ValueError(f"options start.cell is [{x}, {y}], a cell of {obstacle}; give another cell")
        for name in start.meters:
            if name not in self.world.meter_names:
                known = ", ".join(self.world.meter_names)
                raise ValueError(f"options start.meters names {name!r}; the meters are {known}")
        return start


class DescribesTown:
    """The properties that both environments have beside Gymnasium's."""

    _shared: GymnasiumTown

    @property
    def town_description(self) -> TownDescription:
        """The town as it is now, for `producer.environment.record`."""
        return self._shared.description

    @property
    def observation_legend(self) -> tuple[str, ...]:
        """What each entry of one agent's observation means."""
        return self._shared.observation_legend


def _read_config(config: Config) -> RunConfig:
    if isinstance(config, RunConfig):
        return config
    if isinstance(config, Mapping):
        return config_from_dict(dict(config), "config")
    return load_config(find_config(Path(config)))


def _read_options(options: Mapping[str, Any] | None, source: str) -> ResetOptions:
    plain = msgspec.to_builtins(dict(options or {}), enc_hook=lambda value: value.tolist())  # of numpy
    for name in plain:
        if name not in ResetOptions.__struct_fields__:
            known = ", ".join(ResetOptions.__struct_fields__)
            raise ValueError(f"{source}: unknown option {name!r}; known are {known}")
    try:
        return msgspec.convert(plain, ResetOptions)
    except msgspec.ValidationError as error:
        problem = str(error).replace("`$.", "`").replace("`", "")
        raise ValueError(f"{source}: {problem}") from error
