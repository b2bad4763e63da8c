"""`RecordRun`: another algorithm plays the town, and its run gets a log that all of Hamlet can show.

    from producer.environment.record import RecordRun

    towns = RecordRun(gymnasium.make("Hamlet/Town-v0"), "runs/ppo-0", config={"name": "PPO"})
    PPO("MlpPolicy", towns, seed=0).learn(100_000)
    towns.close()

docs/howto/algorithm.md shows it with Stable-Baselines3 and with a loop of one's own.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, SupportsFloat

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from core.observation import sizes_of
from producer.environment.gymnasium_town import TownDescription
from producer.environment.recorded_run import RunRecorder

__all__ = ["RecordRun", "RecordedEnv", "RecordedVectorEnv"]


class RecordRun:
    """Wraps an environment, a vector environment of Gymnasium, or a VecEnv of Stable-Baselines3.

    `RecordRun(env, run_dir, config=…)` returns a wrapper of the same kind, which steps as `env` does and
    writes `run_dir`/events.db beside. It must be the innermost wrapper, because it reads the town's own
    observations: normalise and stack outside of it. `close` ends the run.

    `config` describes the algorithm for the page and for comparisons (`{"name": "PPO", "gamma": 0.99}`): its
    keys are `algorithm.…` there. `seed` is that of the run; without it the first seed that `reset` gets, and
    without that a random one. `num_episodes` is the planned length, if there is one.

    The algorithm's curiosity, stages and epsilon are not known: they are absent from the log. A change of the
    layout by an option of `reset` is recorded as the move of the affordances.
    """

    def __new__(
        cls,
        env: Any,
        run_dir: Path | str,
        config: Mapping[str, Any] | None = None,
        *,
        seed: int | None = None,
        num_episodes: int = 0,
    ) -> Any:
        """Return the wrapper.

        Raises:
            StoreError: the directory holds a run already, or cannot be written.
            ValueError: the environment is not the town, or a wrapper inside has changed the observations, or
                every episode of a vector environment would have a layout of its own.
        """
        town, num_agents = _description(env)
        recorder = RunRecorder(Path(run_dir), town, num_agents, config or {}, seed, num_episodes)
        if isinstance(env, gymnasium.Env):
            return RecordedEnv(env, recorder)
        if isinstance(env, VectorEnv):
            return RecordedVectorEnv(env, recorder)
        from producer.environment.record_sb3 import RecordedVecEnv  # needs Stable-Baselines3

        return RecordedVecEnv(env, recorder)


class RecordedEnv(gymnasium.Wrapper[Any, Any, Any, Any]):
    """A single environment whose episodes are recorded; `RecordRun` makes it."""

    def __init__(self, env: gymnasium.Env[Any, Any], recorder: RunRecorder) -> None:
        super().__init__(env)
        self._recorder = recorder
        self._finalizer = recorder.close_when_gone(self)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Start an episode; the first seed is that of the run."""
        observation, info = self.env.reset(seed=seed, options=options)
        _keep_seed(self._recorder, seed)
        self._recorder.place(self.env.get_wrapper_attr("town_description"))
        self._recorder.begin(0, observation)
        return observation, info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Take a step and record it."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._recorder.count_step()
        cause = _cause(info["cause"], terminated or truncated)
        self._recorder.step(0, int(action), observation, float(reward), info["affordance_used"], cause)
        return observation, reward, terminated, truncated, info

    def close(self) -> None:
        """End the run and close the environment."""
        self._finalizer.detach()
        self._recorder.close()
        super().close()


class RecordedVectorEnv(gymnasium.vector.VectorWrapper):
    """A vector environment whose episodes are recorded; `RecordRun` makes it."""

    def __init__(self, env: VectorEnv[Any, Any, Any], recorder: RunRecorder) -> None:
        super().__init__(env)
        self._recorder = recorder
        self._same_step = env.metadata.get("autoreset_mode") == AutoresetMode.SAME_STEP
        self._ended = np.zeros(env.num_envs, dtype=np.bool_)
        self._finalizer = recorder.close_when_gone(self)

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> Any:
        """Start an episode of every agent; the first seed is that of the run."""
        observations, info = self.env.reset(seed=seed, options=options)
        first = seed[0] if isinstance(seed, list) and seed else seed
        _keep_seed(self._recorder, first if isinstance(first, int) else None)
        self._recorder.place(_of_vector(self.env))
        for agent, observation in enumerate(observations):
            self._recorder.begin(agent, observation)
        self._ended[:] = False
        return observations, info

    def step(self, actions: Any) -> Any:
        """Take a step with every agent and record it."""
        observations, rewards, terminations, truncations, info = self.env.step(actions)
        done = np.asarray(terminations) | np.asarray(truncations)
        self._recorder.count_step()
        for agent in range(self.num_envs):
            if self._ended[agent]:  # this step was the reset of AutoresetMode.NEXT_STEP
                self._recorder.begin(agent, observations[agent])
                continue
            last, told, place = observations[agent], info, agent
            if done[agent] and self._same_step:
                last, told = info["final_obs"][agent], info["final_info"]
            used, cause = _entry(told, "affordance_used", place), _entry(told, "cause", place)
            self._recorder.step(
                agent,
                int(actions[agent]),
                last,
                float(rewards[agent]),
                used,
                _cause(cause, bool(done[agent])),
            )
            if done[agent] and self._same_step:
                self._recorder.begin(agent, observations[agent])
        self._ended = np.zeros_like(self._ended) if self._same_step else done
        return observations, rewards, terminations, truncations, info

    def close(self, **kwargs: Any) -> None:
        """End the run and close the environments."""
        self._finalizer.detach()
        self._recorder.close()
        super().close(**kwargs)


def _entry(info: Mapping[str, Any], key: str, agent: int) -> str | None:
    """An agent's value in the information of a vector environment, None where the agent has none."""
    values, given = info.get(key), info.get(f"_{key}")
    if values is None or (given is not None and not given[agent]):
        return None
    value = values[agent]
    return None if value is None else str(value)


def _cause(cause: str | None, ended: bool) -> str | None:
    """Why the episode ended, None if the episode goes on; another wrapper's time limit is "limit", too."""
    return (cause or "limit") if ended else None


def _keep_seed(recorder: RunRecorder, seed: int | None) -> None:
    if recorder.seed is None and seed is not None:
        recorder.seed = seed


def _of_vector(env: VectorEnv[Any, Any, Any]) -> TownDescription:
    """The town of a vector environment: of the town's own, or of the first environment inside."""
    own = getattr(env.unwrapped, "town_description", None)
    found = own if own is not None else env.get_attr("town_description")[0]  # type: ignore[attr-defined]
    assert isinstance(found, TownDescription)
    return found


def _description(env: Any) -> tuple[TownDescription, int]:
    """The town of an environment of any kind, and the number of agents."""
    try:
        if isinstance(env, gymnasium.Env):
            town, num_agents, space = env.get_wrapper_attr("town_description"), 1, env.observation_space
        elif isinstance(env, VectorEnv):
            town, num_agents, space = _of_vector(env), env.num_envs, env.single_observation_space
        else:
            town, num_agents, space = env.get_attr("town_description")[0], env.num_envs, env.observation_space
    except (AttributeError, TypeError) as error:
        raise ValueError(f"RecordRun wraps Hamlet/Town-v0; {env!r} is not that town") from error
    expected = (sizes_of(town.config.world, town.config.observation.sight).total,)
    if space.shape != expected:
        raise ValueError(
            f"RecordRun must be the innermost wrapper: it reads the town's own observations of shape"
            f" {list(expected)}, and these have the shape {list(space.shape or ())}"
        )
    own_vector = isinstance(env, VectorEnv) and hasattr(env.unwrapped, "town_description")
    if town.drawn_layout and not (isinstance(env, gymnasium.Env) or own_vector):
        raise ValueError(
            'layout "random" draws another layout in every environment, and a run has one town;'
            ' use one environment, or vectorization_mode="vector_entry_point"'
        )
    return town, num_agents
