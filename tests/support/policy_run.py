"""A small run with recorded policies, and what its log and read model hold of them."""

from pathlib import Path

from core.codec import decode
from core.config import load_config
from core.events import CheckpointSaved, PolicyRecorded
from core.process.sqlite import open_reader
from projections.readmodels.policies import Policy, read_policy
from tests.support.logs import read_log
from tests.support.read_models import project_log
from tests.support.training import train, write_small_config


def train_with_policies(folder: Path) -> Path:
    """A run directory: 60 episodes with a checkpoint every 20, and its read model."""
    config = load_config(write_small_config(folder / "small.yaml"), {"training.num_episodes": 60})
    train(folder, config)
    project_log(folder / "events.db", folder / "demo_state.db")
    return folder


def policy_at(run_dir: Path, episode: int | None) -> Policy | None:
    """The policy that answers for an episode."""
    connection = open_reader(run_dir / "demo_state.db")
    try:
        return read_policy(connection, episode)
    finally:
        connection.close()


def recorded(run_dir: Path) -> list[PolicyRecorded]:
    """The policies in the log."""
    events = map(decode, read_log(run_dir))
    return [event for event in events if isinstance(event, PolicyRecorded)]


def saved(run_dir: Path) -> list[CheckpointSaved]:
    """The checkpoints in the log."""
    events = map(decode, read_log(run_dir))
    return [event for event in events if isinstance(event, CheckpointSaved)]
