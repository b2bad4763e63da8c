"""The training loop: the algorithm, and nothing else.

All agents act for a rollout together, and one network learns from what all of them observed. Every finished
episode is numbered in the order of its end; it may move the curriculum, change exploration, or be the one
after which the town is rearranged. A recorder writes down what happens (`producer.run.event_recorder`).
Checkpoints and signals are in `producer.run`.
"""

from functools import partial
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from core.config_schema import RunConfig
from core.errors import ConfigError
from core.events import AffordancesRandomized, ExplorationChanged, StageChanged
from producer.agent.cuda_graphs import Captured
from producer.agent.dqn import DQN
from producer.agent.novelty import Novelty, novelty_of
from producer.agent.replay_buffer import ReplayBuffer
from producer.agent.rollout import Rollout, roll_out
from producer.environment.town import Town
from producer.training.curriculum import CurriculumSchedule
from producer.training.entropy_gate import entropy_in_need
from producer.training.episodes import EpisodeTracker, FinishedEpisode
from producer.training.exploration import ExplorationSchedule
from producer.training.metrics import TrainingMetrics
from producer.training.randomization import randomize_affordances

__all__ = ["Recorder", "Trainer", "pick_device", "train"]


class Recorder(Protocol):
    """Records the training. The trainer calls these methods in this order, after each rollout."""

    def record_rollout(self, rollout: Rollout) -> None:
        """Record a rollout `[K, N]`. The next rollout overwrites its memory."""

    def record_episode(self, episode: FinishedEpisode, trainer: "Trainer") -> None:
        """Record a finished episode; `trainer` has epsilon, intrinsic weight and stage as of its end."""

    def record_decision(self, event: StageChanged | ExplorationChanged | AffordancesRandomized) -> None:
        """Record what followed from the episode recorded last."""


class DeviceScalars(NamedTuple):
    """Values of the schedules, each `[]` on the device: captured functions read them there."""

    epsilon: Tensor
    intrinsic_weight: Tensor
    augmented_moves: Tensor


class Trainer:
    """Everything that learns or decides, connected."""

    def __init__(self, config: RunConfig, recorder: Recorder, seed: int | None = None) -> None:
        """`seed` replaces the seed of the configuration.

        Raises:
            ConfigError: torch cannot use the configured device.
        """
        self.config = config
        self.recorder = recorder
        self.seed = config.experiment.seed if seed is None else seed
        self.device = torch.device(pick_device(config.training.device))
        population, world = config.population, config.world
        self.town = town = Town.from_config(config, self.seed, self.device)
        self.dqn = DQN(population, town, self.seed + 1)
        self.novelty: Novelty | None = novelty_of(config, town, self.seed + 2)
        """None in a run without an intrinsic reward (`exploration.novelty: none`)."""
        self.replay_buffer = ReplayBuffer(
            population.replay_buffer_capacity,
            population.num_agents,
            town.num_affordances,
            town.num_meters,
            town.rules.near,
            population.learn_every,
            population.relabel_replay,
        )
        max_steps = config.training.max_steps_per_episode
        self.exploration = ExplorationSchedule(config.exploration, max_steps)
        self.curriculum = CurriculumSchedule(config.curriculum, max_steps)
        self.episodes = EpisodeTracker(population.num_agents, world.meter_names, self.device)
        self.metrics = TrainingMetrics(self.device)
        self.vital = torch.tensor([meter.vital for meter in world.meters], device=self.device)
        one_return = population.num_agents * (population.n_step + 1)
        self.learning_starts = max(population.learning_starts, one_return)
        self.rollouts = 0
        self.scalars = DeviceScalars(*torch.zeros(3, device=self.device).unbind())
        self._act = Captured(self.act, self.dqn.generator)
        self._learn = Captured(self.learn, self.dqn.generator)

    @property
    def vector_steps(self) -> int:
        """Steps that every agent has made since the run began."""
        return self.rollouts * self.config.population.learn_every

    @torch.inference_mode()
    def step(self) -> None:
        """One rollout: observe, act, store, learn; then every episode that ended decides what follows."""
        self.sync_schedules()
        rollout, intrinsic = self._act()
        steps = rollout.num_steps
        self.replay_buffer.advance(steps)
        self.recorder.record_rollout(rollout)
        if len(self.replay_buffer) >= self.learning_starts:
            for _ in range(self.updates_per_step()):
                self._learn()
                self.dqn.updates += steps
        self.exploration.advance(steps)
        self.curriculum.advance(steps)
        self.rollouts += 1

        weight = self.exploration.intrinsic_weight
        for episode in self.episodes.add(rollout.step, intrinsic, weight, self.vector_steps):
            self.recorder.record_episode(episode, self)
            self.decide(episode)

    def act(self) -> tuple[Rollout, Tensor]:
        """Roll out the present policy and store the rollout; returns its intrinsic rewards `[K, N]` too."""
        policy = partial(self.dqn.act, epsilon=self.scalars.epsilon)
        rollout = roll_out(self.town, policy, self.config.population.learn_every)
        self.replay_buffer.insert(rollout)
        if self.novelty is None:
            return rollout, torch.zeros_like(rollout.step.reward)
        return rollout, self.novelty.observe(rollout.step)

    def learn(self) -> None:
        """One update for each step of a rollout; the intrinsic rewards of the sample are computed now."""
        population = self.config.population
        batch = self.replay_buffer.sample(
            population.batch_size * population.learn_every,
            population.n_step,
            population.gamma,
            self.dqn.generator,
            self.scalars.augmented_moves,
        )
        intrinsic = torch.zeros_like(batch.extrinsic)
        if self.novelty is not None:
            reward = self.novelty.reward(batch.next_observations)
            intrinsic = self.scalars.intrinsic_weight * batch.intrinsic_return(reward)
        update = self.dqn.learn(batch, intrinsic, population.learn_every)
        self.dqn.record_td_error(update)
        self.metrics.record(update)

    def decide(self, episode: FinishedEpisode) -> None:
        """Let a finished episode move the curriculum, change exploration, and rearrange the town."""
        stage_change = self.curriculum.record_episode(episode, self.entropy)
        if stage_change is not None:
            self.town.set_stage(stage_change.to_stage)
            self.exploration.stage_changed()
            self.recorder.record_decision(stage_change)
        change = self.exploration.record_episode(episode, self.curriculum.stage)
        if change is not None:
            if change.reason == "drop":
                self.curriculum.drop_detected()
                if not self.config.population.relabel_replay:
                    self.replay_buffer.clear()
            self.recorder.record_decision(change)
        if episode.episode == self.config.training.randomize_affordances_at:
            seed = self.seed + episode.episode
            self.recorder.record_decision(randomize_affordances(self.town, episode.episode, seed))

    def sync_schedules(self) -> None:
        """Copy the schedules' values to the device."""
        settings, recovering = self.config.exploration, self.exploration.recovering
        self.scalars.epsilon.fill_(self.exploration.epsilon)
        self.scalars.intrinsic_weight.fill_(self.exploration.intrinsic_weight)
        self.scalars.augmented_moves.fill_(settings.drop_augmented_moves if recovering else 0.0)

    def updates_per_step(self) -> int:
        """Updates per vector step: more while the population recovers from a drop."""
        if self.exploration.recovering:
            return self.config.exploration.drop_updates_per_step
        return self.config.population.updates_per_step

    def entropy(self) -> float:
        """The policy's entropy in needy states, from 0 to 1; 1 before anything is learnt."""
        if len(self.replay_buffer) < self.learning_starts:
            return 1.0
        return entropy_in_need(self.dqn, self.replay_buffer, self.config.population, self.vital)

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides what comes next."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return {**parts, "seed": self.seed, "rollouts": self.rollouts}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.seed, self.rollouts = state["seed"], state["rollouts"]

    def _parts(self) -> dict[str, Any]:
        novelty = {} if self.novelty is None else {"novelty": self.novelty}
        return {
            "town": self.town,
            "dqn": self.dqn,
            **novelty,
            "replay_buffer": self.replay_buffer,
            "exploration": self.exploration,
            "curriculum": self.curriculum,
            "episodes": self.episodes,
        }


def train(trainer: Trainer) -> None:
    """Train until the planned number of episodes has finished."""
    while trainer.episodes.count < trainer.config.training.num_episodes:
        trainer.step()


def pick_device(wanted: str) -> str:
    """The torch device for `training.device`; "auto" is CUDA if there is one, else the CPU.

    Raises:
        ConfigError: torch cannot use the device here.
    """
    device = wanted
    if wanted == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(
            f"training.device is {wanted!r}, which torch cannot use here; write auto, cpu or cuda"
        ) from error
    return device
