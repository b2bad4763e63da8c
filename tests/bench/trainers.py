"""Trainers to compare: with events and log, without events, and the DQN of Stable-Baselines3."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import stable_baselines3
from stable_baselines3.common.vec_env import VecEnv

from core.config_schema import RunConfig
from core.log import EventLog
from core.process.signals import ShutdownSignal
from producer.environment.gymnasium_vector import TownVectorEnv
from producer.run.console import Console, Progress
from producer.run.event_recorder import EventRecorder
from producer.run.event_writer import EventWriter
from producer.training.trainer import Trainer


class SilentRecorder:
    """A recorder without a log: training without events."""

    def record_rollout(self, *_: object) -> None: ...
    def record_episode(self, *_: object) -> None: ...
    def record_decision(self, *_: object) -> None: ...


class StableBaselinesEnv(VecEnv):
    """The vector environment of the town with the interface of Stable-Baselines3."""

    def __init__(self, env: TownVectorEnv) -> None:
        self._env = env
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> np.ndarray:
        return self._env.reset(seed=0)[0]

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        observation, reward, terminated, truncated, info = self._env.step(self._actions)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if "final_obs" in info:
            for i in np.flatnonzero(info["_final_obs"]):
                infos[i] = {
                    "terminal_observation": info["final_obs"][i],
                    "TimeLimit.truncated": bool(truncated[i]),
                }
        return observation, reward, terminated | truncated, infos

    def close(self) -> None:
        self._env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self._env, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False] * self.num_envs


@contextmanager
def writing_trainer(config: RunConfig) -> Iterator[tuple[Trainer, EventWriter]]:
    """A trainer whose events go into a real log, as `producer run` has it, without checkpoints."""
    with tempfile.TemporaryDirectory() as folder:
        log = EventLog(Path(folder) / "events.db")
        # no heartbeat lines: printing is not measured
        training = msgspec.structs.replace(config.training, heartbeat_every=2**62)
        progress = Progress(Console(), msgspec.structs.replace(config, training=training))
        writer = EventWriter(log, config.training.num_episodes, ShutdownSignal(), progress)
        recorder = EventRecorder(config, config.training.device, writer)
        yield Trainer(config, recorder), writer
        writer.commit()
        log.close()


def stable_baselines(config: RunConfig) -> stable_baselines3.DQN:
    """DQN with our network, batch, environments and replay ratio; no intrinsic reward, no n-step returns."""
    population = config.population
    return stable_baselines3.DQN(
        "MlpPolicy",
        StableBaselinesEnv(TownVectorEnv(population.num_agents, config)),
        learning_rate=population.learning_rate,
        buffer_size=population.replay_buffer_capacity,
        learning_starts=population.learning_starts,
        batch_size=population.batch_size,
        tau=population.target_tau,
        target_update_interval=population.num_agents,
        gamma=population.gamma,
        train_freq=1,
        gradient_steps=population.updates_per_step,
        policy_kwargs={"net_arch": [population.hidden, population.hidden]},
        device="cpu",
        seed=0,
    )
