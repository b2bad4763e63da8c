"""The training loop: the algorithm, and nothing else.

All agents take a few steps together; the network learns from what any of them met. Every finished life is
one episode, numbered in order of completion, and may move the curriculum or re-heat curiosity. What is
written down of it is the recorder's business; checkpoints and signals are not here either.
"""

from functools import partial
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from core.config_schema import RunConfig
from core.errors import ConfigError
from producer.agent.cuda_graphs import Captured
from producer.agent.dqn import Learner
from producer.agent.replay_buffer import Replay
from producer.agent.rnd import Novelty
from producer.agent.rollout import Rollout, roll_out
from producer.environment.town import Observation, Town
from producer.training.curriculum import (
    ENTROPY_NEEDIEST,
    ENTROPY_SAMPLE,
    CurriculumSchedule,
    StageDecision,
    neediest,
    policy_entropy,
)
from producer.training.episodes import FinishedLife, LifeTally
from producer.training.exploration import ExplorationDecision, ExplorationSchedule
from producer.training.metrics import Figures


class Recorder(Protocol):
    """Who writes down what happens. Called in the order of the methods here, after the rollout."""

    def rollout(self, rollout: Rollout) -> None:
        """A few vector steps: what was seen, done, and what came of it. Its memory is used again."""

    def life(self, life: FinishedLife, trainer: "Trainer") -> None:
        """A life ended; `trainer` holds epsilon, intrinsic weight and stage as of the end of its rollout."""

    def stage_changed(self, episode: int, decision: StageDecision) -> None:
        """The curriculum decided."""

    def exploration_changed(self, episode: int, decision: ExplorationDecision) -> None:
        """Annealing or the surprise detector decided."""

    def affordances_randomized(
        self, episode: int, seed: int, old: dict[str, tuple[int, int]], new: dict[str, tuple[int, int]]
    ) -> None:
        """The town was rearranged."""


class Dials(NamedTuple):
    """What the schedules decided, on the device: acting and learning read it there, captured or not."""

    epsilon: Tensor
    intrinsic_weight: Tensor
    imagined_moves: Tensor


class Trainer:
    """Everything that learns or decides, wired together."""

    def __init__(self, config: RunConfig, recorder: Recorder, seed: int | None = None) -> None:
        self.config = config
        self.recorder = recorder
        self.seed = config.experiment.seed if seed is None else seed
        self.device = torch.device(pick_device(config.training.device))
        population, world = config.population, config.world
        self.town = town = Town.from_config(config, self.seed, self.device)
        self.learner = Learner(population, town, self.seed + 1)
        self.novelty = Novelty(config.exploration, population.gamma, town, self.seed + 2)
        self.replay = Replay(
            population.replay_buffer_capacity,
            population.num_agents,
            town.num_cells,
            town.num_affordances,
            town.num_meters,
            population.learn_every,
            population.relabel_replay,
            self.device,
        )
        limit = config.training.max_steps_per_episode
        self.exploration = ExplorationSchedule(config.exploration, limit)
        self.curriculum = CurriculumSchedule(config.curriculum, limit)
        self.lives = LifeTally(population.num_agents, self.device)
        self.figures = Figures(self.device)
        self.vital = torch.tensor([meter.vital for meter in world.meters], device=self.device)
        self.learning_starts = max(
            population.learning_starts, population.num_agents * (population.n_step + 1)
        )
        self.rollouts = 0
        self.dials = Dials(*torch.zeros(3, device=self.device).unbind())
        self._act = Captured(self.act, self.learner.generator)
        self._learn = Captured(self.learn, self.learner.generator)

    @property
    def vector_steps(self) -> int:
        """Steps that every agent has made."""
        return self.rollouts * self.config.population.learn_every

    @torch.inference_mode()
    def step(self) -> None:
        """One rollout: observe, act, remember, learn; then let every life that ended decide."""
        self.turn_dials()
        rollout, intrinsic = self._act()
        steps = rollout.num_steps
        self.replay.tick(steps)
        self.recorder.rollout(rollout)
        if len(self.replay) >= self.learning_starts:
            for _ in range(self.updates_per_step()):
                self._learn()
                self.learner.updates += steps
        self.exploration.tick(steps)
        self.curriculum.tick(steps)
        self.rollouts += 1

        for life in self.lives.add(rollout.step, intrinsic, self.exploration.intrinsic_weight):
            self.recorder.life(life, self)
            self.decide(life)

    def act(self) -> tuple[Rollout, Tensor]:
        """Roll out the present policy and remember it; returns its intrinsic rewards `[K, N]` too."""
        policy = partial(self.learner.act, epsilon=self.dials.epsilon)
        rollout = roll_out(self.town, policy, self.config.population.learn_every)
        self.replay.insert(rollout)
        return rollout, self.novelty.observe(rollout.step)

    def learn(self) -> None:
        """One update for each step of a rollout, on replay samples; intrinsic rewards are as of now."""
        population = self.config.population
        batch = self.replay.sample(
            population.batch_size * population.learn_every,
            population.n_step,
            population.gamma,
            self.learner.generator,
            self.dials.imagined_moves,
        )
        intrinsic = self.dials.intrinsic_weight * batch.discounted(self.novelty.reward(batch.arrivals))
        update = self.learner.learn(batch, intrinsic, population.learn_every)
        self.learner.note(update)
        self.figures.add(update)

    def decide(self, life: FinishedLife) -> None:
        """What follows from a finished life: another stage, other curiosity, a rearranged town."""
        stage = self.curriculum.note(life, self.entropy)
        if stage is not None:
            self.town.set_stage(stage.to_stage)
            self.exploration.stage_changed()
            self.recorder.stage_changed(life.episode, stage)
        exploration = self.exploration.note(life, self.curriculum.stage)
        if exploration is not None:
            if exploration.reason == "drop":
                self.curriculum.surprised()
                if not self.config.population.relabel_replay:
                    self.replay.clear()
            self.recorder.exploration_changed(life.episode, exploration)
        if life.episode == self.config.training.randomize_affordances_at:
            seed = self.seed + life.episode
            old = self.town.placements()
            self.town.randomize_affordances(seed)
            self.recorder.affordances_randomized(life.episode, seed, old, self.town.placements())

    def turn_dials(self) -> None:
        """Tell the device what the schedules have decided."""
        recovering = self.exploration.recovering
        self.dials.epsilon.fill_(self.exploration.epsilon)
        self.dials.intrinsic_weight.fill_(self.exploration.intrinsic_weight)
        self.dials.imagined_moves.fill_(self.config.exploration.drop_augmented_moves if recovering else 0.0)

    def updates_per_step(self) -> int:
        """More while recovering from a surprise."""
        if self.exploration.recovering:
            return self.config.exploration.drop_updates_per_step
        return self.config.population.updates_per_step

    def entropy(self) -> float:
        """How undecided the policy is in needy states, 0 to 1."""
        population = self.config.population
        if len(self.replay) < self.learning_starts:
            return 1.0
        batch = self.replay.sample(
            ENTROPY_SAMPLE, population.n_step, population.gamma, self.learner.generator
        )
        seen = Observation(*(column[:ENTROPY_SAMPLE] for column in batch.now_and_bootstrap))
        rows = neediest(seen.meters, self.vital, ENTROPY_NEEDIEST)
        q_values = self.learner.q_values(Observation(*(column[rows] for column in seen)))
        return float(policy_entropy(q_values, self.learner.td_error))

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides the steps to come."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return {**parts, "seed": self.seed, "rollouts": self.rollouts}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.seed, self.rollouts = state["seed"], state["rollouts"]

    def _parts(self) -> dict[str, Any]:
        return {
            "town": self.town,
            "learner": self.learner,
            "novelty": self.novelty,
            "replay": self.replay,
            "exploration": self.exploration,
            "curriculum": self.curriculum,
            "lives": self.lives,
        }


def train(trainer: Trainer) -> None:
    """Train until the planned number of lives is finished."""
    while trainer.lives.episodes < trainer.config.training.num_episodes:
        trainer.step()


def pick_device(wanted: str) -> str:
    """`auto` is CUDA if there is one.

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
