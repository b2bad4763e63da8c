"""The Q-network as an event: all that a reader of the log needs to compute the agents' decisions."""

import math
from collections.abc import Callable

import torch

from core.config import recorded_config
from core.config_schema import RunConfig
from core.errors import ConfigError, StoreError
from core.events import CheckpointSaved, PolicyRecorded
from core.log import EventLog
from core.log_file import NO_LOG
from core.number_text import counted
from core.observation import sizes_of
from core.packing import pack_weights
from core.process.lock import exclusive
from core.run_directory import RunDirectory
from producer.agent.network import Network
from producer.environment.rules import ACTIONS
from producer.run.checkpoints import read_file
from producer.run.lineage import read_past, require_event
from producer.run.migration import migrate

__all__ = ["policy_interval", "policy_recorded", "record_policies"]

POLICY_BYTES = 256 * 1024
"""Bytes of a network's float16 weights that may be recorded at every checkpoint; a larger network is recorded
less often, so that the log of a large town does not consist of policies."""


def policy_interval(policy_every: int, network: Network) -> int:
    """The checkpoints from one recorded policy to the next: `recording.policy_every`, more if it is large.

    0 for no recorded policies.
    """
    return policy_every * math.ceil(2 * network.flat.numel() / POLICY_BYTES)


def policy_recorded(network: Network, config: RunConfig, saved: CheckpointSaved) -> PolicyRecorded:
    """The event that records the Q-network of a checkpoint of a run with this configuration."""
    world = config.world
    layers = [
        # the network keeps its first layer as [inputs, width], because it looks up rows of it
        (weight.t() if at == 0 else weight, bias)
        for at, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True))
    ]
    return PolicyRecorded(
        episode=saved.episode,
        position=saved.position,
        checkpoint=saved.checkpoint.name,
        layer_sizes=tuple(network.sizes),
        cells=world.num_cells,
        meters=tuple(meter.name for meter in world.meters),
        affordances=tuple(world.affordance_names),
        weights=pack_weights([(weight.cpu().numpy(), bias.cpu().numpy()) for weight, bias in layers]),
        sight=config.observation.sight,
    )


def record_policies(files: RunDirectory, warn: Callable[[str], None]) -> list[str]:
    """Append the policies of kept checkpoints that the log has no policy of; the names of those checkpoints.

    For runs that were trained before policies were recorded, or with `recording.policy_every` above 1. Only
    checkpoints of the present lineage count. How many are not kept any more (`training.keep_checkpoints`) is
    said to `warn`. A damaged one is named to `warn` and left out; the others are recorded before the error is
    raised.

    Raises:
        AlreadyRunningError: a producer is writing to the log.
        StoreError: there is no run or no checkpoint, the log cannot be used, or checkpoints are damaged.
    """
    if not files.events.exists():
        raise StoreError(f"{files.events}: {NO_LOG}")
    with exclusive(files.events, "producer record-policies"):
        log = EventLog(files.events)
        try:
            past = read_past(log)
            if past is None:
                raise StoreError(f"{files.events}: nothing recorded yet")
            if not past.checkpoints:
                raise StoreError(
                    f"{files.events}: no checkpoint was saved yet; the trainer saves one every"
                    " training.checkpoint_every episodes"
                )
            events = map(require_event, log.milestones(PolicyRecorded))
            known = {event.position for event in events if isinstance(event, PolicyRecorded)}
            missing = [at.saved for at in past.checkpoints if at.saved.position not in known]
            kept = [saved for saved in missing if (files.checkpoints / saved.checkpoint.name).exists()]
            if missing and not kept and not known:
                raise StoreError(
                    f"{files.checkpoints}: none of the run's {len(missing)} checkpoints is there; put them"
                    " back, or name the run directory that they are in"
                )
            if len(kept) < len(missing):
                gone = len(missing) - len(kept)
                warn(f"{files.checkpoints}: {counted(gone, 'checkpoint')} without a recorded policy not kept")
            recorded: list[str] = []
            for saved in kept:
                try:
                    event = _read_policy(files, saved)
                except (ConfigError, StoreError) as error:
                    warn(f"{error}; left out")
                    continue
                log.append([event])
                recorded.append(saved.checkpoint.name)
            if len(recorded) < len(kept):
                raise StoreError(
                    f"{files.checkpoints}: {len(kept) - len(recorded)} of {len(kept)} checkpoints without a"
                    f" recorded policy cannot be read; policies recorded now: {len(recorded)}"
                )
            return recorded
        finally:
            log.close()


def _read_policy(files: RunDirectory, saved: CheckpointSaved) -> PolicyRecorded:
    path = files.checkpoints / saved.checkpoint.name
    state = migrate(read_file(path, saved.checkpoint), str(path))
    config = recorded_config(state["config"], str(path))
    sizes, hidden = sizes_of(config.world, config.observation.sight), config.population.hidden
    network = Network(sizes, [hidden, hidden, len(ACTIONS)], torch.Generator(), torch.device("cpu"))
    network.flat.copy_(state["trainer"]["dqn"]["online"])
    return policy_recorded(network, config, saved)
