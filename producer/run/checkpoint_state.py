"""The state in a checkpoint: collected from the parts of the trainer, and loaded into them again.

`producer.run.checkpoints` reads and writes the files, `producer.run.migration` knows earlier formats.
"""

from typing import Any

import msgspec

from core.config_schema import RunConfig
from core.errors import ConfigError
from producer.run.checkpoints import Loaded
from producer.run.event_recorder import EventRecorder
from producer.run.event_writer import EventWriter
from producer.run.migration import FORMAT, migrate, migrate_replay
from producer.training.trainer import Trainer

__all__ = ["checkpoint_state", "in_present_format", "load_checkpoint_state"]

NOT_KEPT = (
    "num_episodes",
    "pace",
    "device",
    "checkpoint_every_minutes",
    "keep_replay_every",
    "keep_checkpoints",
)
"""Keys of `training` that are left out: equal learning gives equal bytes. So an extended run has the
checkpoints of one that was planned longer."""


def checkpoint_state(
    config: RunConfig, sequence: int, trainer: Trainer, recorder: EventRecorder, writer: EventWriter
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The state of a run, and apart from it the state of the replay buffer. Valid directly after a commit.

    `sequence` numbers the sequence of random numbers (`producer.training.anomaly.reseed`).
    """
    trained = trainer.state_dict()
    replay = trained.pop("replay_buffer")
    settings = msgspec.to_builtins(config)
    for key in NOT_KEPT:
        settings["training"].pop(key, None)
    state = {
        "format": FORMAT,
        "config": settings,
        "branch": sequence,
        "trainer": trained,
        "recorder": recorder.state_dict(),
        "writer": writer.state_dict(),
    }
    return state, replay


def load_checkpoint_state(
    loaded: Loaded, trainer: Trainer, recorder: EventRecorder, writer: EventWriter
) -> None:
    """Go on exactly where the checkpoint was taken; a missing replay buffer is an empty one.

    Raises:
        ConfigError: the checkpoint does not fit the configuration (other sizes of network or town).
    """
    state = loaded.state
    replay = loaded.replay if loaded.replay is not None else trainer.replay_buffer.state_dict()
    try:
        trainer.load_state_dict({**state["trainer"], "replay_buffer": replay})
        recorder.load_state_dict(state["recorder"])
        writer.load_state_dict(state["writer"])
    except (KeyError, RuntimeError) as error:
        raise ConfigError(
            f"{loaded.saved.checkpoint.name}: does not fit this configuration; sizes of networks, town"
            " and population cannot be changed in mid-run, choose another run directory for that"
        ) from error


def in_present_format(loaded: Loaded) -> Loaded:
    """The same checkpoint, brought to the present format.

    Raises:
        ConfigError: the checkpoint has a format that this release does not read.
    """
    return msgspec.structs.replace(
        loaded,
        state=migrate(loaded.state, loaded.saved.checkpoint.name),
        replay=migrate_replay(loaded.replay) if loaded.replay is not None else None,
    )
