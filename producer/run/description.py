"""What the log says once about a run: configuration, town, curriculum, packages, device."""

import platform
from importlib import metadata

import msgspec

from core.config import config_hash
from core.config_schema import RunConfig
from core.events import RunStarted, WorldMap
from core.run_id import new_run_id
from core.run_summary import curriculum_summary, wages
from producer.environment.rules import ACTIONS
from producer.training.randomization import placements

__all__ = ["installed_packages", "run_started"]

PACKAGES = ("hamlet-demo", "torch", "numpy", "msgspec", "apsw")
"""The packages whose versions the log holds."""


def run_started(config: RunConfig, device: str) -> RunStarted:
    """The first event of a new run; `device` is the one that torch computes on."""
    return RunStarted(
        run_id=new_run_id(),
        seed=config.experiment.seed,
        num_episodes=config.training.num_episodes,
        num_agents=config.population.num_agents,
        config_name=config.experiment.name,
        config=msgspec.to_builtins(config),
        config_hash=config_hash(config),
        world=_world_map(config),
        curriculum=curriculum_summary(config),
        wages=wages(config),
        packages=installed_packages(),
        device=device,
    )


def installed_packages() -> dict[str, str]:
    """Versions of the packages that decide the arithmetic of a run, by name."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # for example Hamlet itself, run from its source
            continue
    return versions


def _world_map(config: RunConfig) -> WorldMap:
    world = config.world
    return WorldMap(
        width=world.width,
        height=world.height,
        meters=tuple(world.meter_names),
        vital_meters=tuple(meter.name for meter in world.meters if meter.vital),
        affordances=placements({affordance.name: affordance.cell for affordance in world.affordances}),
        actions=ACTIONS,
        max_steps=config.training.max_steps_per_episode,
        meter_full_scale=world.meter_full_scale,
        when_low=world.words_when_low,
    )
