"""The changes that a branch makes to the state of its parent: the layout of the town, and random numbers.

The caller makes the trainer with the configuration of the branch. `producer.run.branch` makes branches.
"""

from core.events import AffordancesRandomized, RunBranched
from producer.environment.world_map import placements
from producer.run.event_recorder import EventRecorder
from producer.training.anomaly import reseed_from
from producer.training.trainer import Trainer

__all__ = ["start_branch"]


def start_branch(branched: RunBranched, trainer: Trainer, recorder: EventRecorder) -> None:
    """Change a trainer that stands at the branch point as `branched` says; record a changed layout."""
    if branched.layout is not None:
        old = placements(trainer.town.placements())
        trainer.town.place([(place.x, place.y) for place in branched.layout])
        recorder.record_decision(
            AffordancesRandomized(
                episode=branched.episode, seed=branched.layout_seed, old=old, new=branched.layout
            )
        )
    if branched.seed is not None:
        trainer.seed = branched.seed
        reseed_from(trainer, f"{branched.seed} from episode {branched.episode}")
