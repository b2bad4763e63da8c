"""What the log says once about a run: configuration, town, curriculum, packages, device."""

import msgspec

from core.config import config_hash
from core.config_schema import RunConfig
from core.events import RunStarted
from core.packages import installed_packages
from core.run_id import new_run_id
from core.run_summary import curriculum_summary, wages
from producer.environment.world_map import world_map

__all__ = ["run_started"]


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
        world=world_map(config),
        curriculum=curriculum_summary(config),
        wages=wages(config),
        packages=installed_packages(),
        device=device,
    )
