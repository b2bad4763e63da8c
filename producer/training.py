"""The training loop: the algorithm, and nothing else.

All agents take one step together; the network learns from what any of them met. Every finished life is one
episode, numbered in order of completion, and may move the curriculum or re-heat curiosity. What is written
down of it is the recorder's business; checkpoints and signals are not here either.
"""

from typing import Any, Protocol

import torch
from torch import Tensor

from core.config import RunConfig
from core.errors import ConfigError
from producer.curriculum import (
    ENTROPY_NEEDIEST,
    ENTROPY_SAMPLE,
    CurriculumSchedule,
    StageDecision,
    neediest,
    policy_entropy,
)
from producer.exploration import ExplorationDecision, ExplorationSchedule
from producer.figures import Figures
from producer.learner import Learner
from producer.lives import FinishedLife, LifeTally
from producer.novelty import Novelty
from producer.replay import Replay
from producer.town import Observation, Town, TownStep


class Recorder(Protocol):
    """Who writes down what happens. Called in the order of the methods here, after the step."""

    def step(self, observation: Observation, actions: Tensor, step: TownStep, intrinsic: Tensor) -> None:
        """One vector step: what was seen, done, what came of it, and its intrinsic rewards `[num_agents]`."""

    def life(self, life: FinishedLife, trainer: "Trainer") -> None:
        """A life ended; `trainer` holds epsilon, the intrinsic weight and the stage as of its end."""

    def stage_changed(self, episode: int, decision: StageDecision) -> None:
        """The curriculum decided."""

    def exploration_changed(self, episode: int, decision: ExplorationDecision) -> None:
        """Annealing or the surprise detector decided."""

    def affordances_randomized(
        self, episode: int, seed: int, old: dict[str, tuple[int, int]], new: dict[str, tuple[int, int]]
    ) -> None:
        """The town was rearranged."""


class Trainer:
    """Everything that learns or decides, wired together."""

    def __init__(
        self, config: RunConfig, recorder: Recorder, seed: int | None = None, read_every: int = 1
    ) -> None:
        """`read_every`: vector steps between two readings of finished lives, see `LifeTally`."""
        self.config = config
        self.recorder = recorder
        self.seed = config.experiment.seed if seed is None else seed
        self.device = torch.device(pick_device(config.training.device))
        people, world = config.population, config.world
        self.town = town = Town.from_config(config, self.seed, self.device)
        self.learner = Learner(people, town, self.seed + 1)
        self.novelty = Novelty(config.exploration, people.gamma, town, self.seed + 2)
        self.replay = Replay(
            people.replay_buffer_capacity,
            people.num_agents,
            town.num_cells,
            town.num_affordances,
            town.num_meters,
            people.relocate_memories,
            self.device,
        )
        limit = config.training.max_steps_per_episode
        self.exploration = ExplorationSchedule(config.exploration, limit)
        self.curriculum = CurriculumSchedule(config.curriculum, limit)
        self.lives = LifeTally(people.num_agents, self.device, read_every)
        self.figures = Figures(self.device)
        self.vital = torch.tensor([meter.vital for meter in world.meters], device=self.device)
        self.vector_steps = 0

    def step(self) -> None:
        """Observe, act, remember, learn; then let every life that ended decide."""
        observation = self.town.observation()
        actions = self.learner.act(observation, self.exploration.epsilon)
        step = self.town.step(actions)
        arrival = Observation(step.cell, step.meters, step.underfoot)
        intrinsic = self.novelty.observe(arrival, step.died | step.truncated)
        self.replay.append(observation, actions, step)
        self.recorder.step(observation, actions, step, intrinsic)

        people = self.config.population
        if self.vector_steps % people.learn_every == 0 and len(self.replay) >= people.learning_starts:
            self.learn(people.learn_every * self.updates_per_step())
        self.exploration.tick()
        self.curriculum.tick()
        self.vector_steps += 1

        for life in self.lives.add(step, intrinsic, self.exploration.intrinsic_weight):
            self.recorder.life(life, self)
            self.decide(life)

    def learn(self, updates: int) -> None:
        """Update the Q-network on replay samples; intrinsic rewards are as of now."""
        people = self.config.population
        sample = self.replay.sample(
            people.batch_size * updates,
            people.n_step,
            people.gamma,
            self.learner.generator,
            self.config.exploration.surprise_imagined_moves if self.exploration.recovering else 0.0,
        )
        weight = self.exploration.intrinsic_weight
        intrinsic = weight * sample.discounted(self.novelty.reward(sample.arrivals))
        for batch, bonus in zip(
            sample.minibatches(people.batch_size), intrinsic.view(updates, -1), strict=True
        ):
            self.learner.learn(batch, bonus)
            self.figures.add(self.learner)

    def decide(self, life: FinishedLife) -> None:
        """What follows from a finished life: another stage, other curiosity, a rearranged town."""
        stage = self.curriculum.note(life, self.entropy)
        if stage is not None:
            self.town.set_stage(stage.to_stage)
            self.exploration.stage_changed()
            self.recorder.stage_changed(life.episode, stage)
        exploration = self.exploration.note(life, self.curriculum.stage)
        if exploration is not None:
            if exploration.reason == "surprise":
                self.curriculum.surprised()
                if not self.config.population.relocate_memories:
                    self.replay.clear()
            self.recorder.exploration_changed(life.episode, exploration)
        if life.episode == self.config.training.randomize_affordances_at:
            seed = self.seed + life.episode
            old = self.town.placements()
            self.town.randomize_affordances(seed)
            self.recorder.affordances_randomized(life.episode, seed, old, self.town.placements())

    def updates_per_step(self) -> int:
        """More while recovering from a surprise."""
        if self.exploration.recovering:
            return self.config.exploration.surprise_updates_per_step
        return self.config.population.updates_per_step

    def entropy(self) -> float:
        """How undecided the policy is in needy states, 0 to 1."""
        people = self.config.population
        if len(self.replay) < people.learning_starts:
            return 1.0
        batch = self.replay.sample(ENTROPY_SAMPLE, people.n_step, people.gamma, self.learner.generator)
        seen = Observation(*(column[:ENTROPY_SAMPLE] for column in batch.now_and_bootstrap))
        rows = neediest(seen.meters, self.vital, ENTROPY_NEEDIEST)
        q_values = self.learner.online.forward(Observation(*(column[rows] for column in seen)))
        return float(policy_entropy(q_values, self.learner.td_error))

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides the steps to come."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return {**parts, "seed": self.seed, "vector_steps": self.vector_steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.seed, self.vector_steps = state["seed"], state["vector_steps"]

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
