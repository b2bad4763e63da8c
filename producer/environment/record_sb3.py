"""`RecordRun` for the vectorised environments of Stable-Baselines3, which are a kind of their own."""

from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper

from producer.environment.recorded_run import RunRecorder

__all__ = ["RecordedVecEnv"]


class RecordedVecEnv(VecEnvWrapper):
    """A VecEnv whose episodes are recorded; `producer.environment.record.RecordRun` makes it."""

    def __init__(self, venv: VecEnv, recorder: RunRecorder) -> None:
        super().__init__(venv)
        self._recorder = recorder
        self._actions: Any = None
        self._finalizer = recorder.close_when_gone(self)

    def seed(self, seed: int | None = None) -> Any:
        """Seed the environments; the first seed is that of the run."""
        if self._recorder.seed is None and seed is not None:
            self._recorder.seed = seed
        return self.venv.seed(seed)

    def reset(self) -> Any:
        """Start an episode of every agent."""
        observations = self.venv.reset()
        self._recorder.place(self.venv.get_attr("town_description")[0])
        for agent, observation in enumerate(observations):
            self._recorder.begin(agent, observation)
        return observations

    def step_async(self, actions: Any) -> None:
        """Begin a step."""
        self._actions = np.array(actions)
        self.venv.step_async(actions)

    def step_wait(self) -> Any:
        """End the step and record it; an episode that ended is followed by the next one at once."""
        result = self.venv.step_wait()
        observations: Any = result[0]
        _, rewards, dones, infos = result
        self._recorder.count_step()
        for agent, (done, info) in enumerate(zip(dones, infos, strict=True)):
            last = info["terminal_observation"] if done else observations[agent]
            cause = (info["cause"] or "limit") if done else None
            used = info["affordance_used"]
            self._recorder.step(agent, int(self._actions[agent]), last, float(rewards[agent]), used, cause)
            if done:
                self._recorder.begin(agent, observations[agent])
        return result

    def close(self) -> None:
        """End the run and close the environments."""
        self._finalizer.detach()
        self._recorder.close()
        self.venv.close()
