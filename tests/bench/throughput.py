"""Agent-steps/s: of the town alone, of acting, of training, and of training with Stable-Baselines3."""

import statistics

import msgspec
import torch

from core.config_schema import RunConfig
from producer.agent.dqn import DQN
from producer.environment.rules import ACTIONS
from producer.environment.town import Town
from producer.training.trainer import Trainer
from tests.bench.timing import Row, in_turns, seconds
from tests.bench.trainers import SilentRecorder, stable_baselines, writing_trainer

AGENTS = (10, 64, 1024, 16_384)


AGENTS_ON_GPU = (1, 64, 4096, 65_536)


def environment_and_acting(config: RunConfig, device: torch.device, quick: bool) -> list[Row]:
    """Agent-steps/s of the town alone, under random actions, and of the town under the network."""
    rows = []
    for agents in AGENTS_ON_GPU if device.type == "cuda" else AGENTS:
        steps = max(20, min(2_000, 3_000_000 // agents) // (10 if quick else 1))
        town = Town(config.world, config.curriculum.stages, agents, 500, seed=0, device=device)
        dqn = DQN(config.population, town, seed=1)
        actions = [torch.randint(len(ACTIONS), (agents,), device=device) for _ in range(16)]

        @torch.inference_mode()
        def step(town: Town = town, actions: list[torch.Tensor] = actions, steps: int = steps) -> None:
            for i in range(steps):
                town.step(actions[i & 15])

        @torch.inference_mode()
        def act(town: Town = town, dqn: DQN = dqn, steps: int = steps) -> None:
            for _ in range(steps):
                town.step(dqn.act(town.observation(), 0.05))

        times = in_turns({"environment alone": step, "acting": act}, 3 if quick else 7, device)
        for name, rounds in times.items():
            middle = statistics.median(rounds)
            rows.append(
                {
                    "what": name,
                    "agents": agents,
                    "agent_steps_per_second": agents * steps / middle,
                    "us_per_vector_step": 1e6 * middle / steps,
                    "replay_ratio": 0.0,
                }
            )
    return rows


def training(config: RunConfig, device: torch.device, quick: bool) -> list[Row]:
    """Full training, RND, events and log included, in turns with Stable-Baselines3's DQN."""
    population = config.population
    agents, steps, rounds = population.num_agents, 100 if quick else 400, 3 if quick else 9
    model = stable_baselines(config)
    with writing_trainer(config) as (trainer, writer):

        def ours() -> None:
            for _ in range(steps // population.learn_every):
                trainer.step()
                writer.commit_if_due()

        def theirs() -> None:
            model.learn(steps * agents, reset_num_timesteps=False, log_interval=10**9)

        for warm_up in (ours, theirs):
            warm_up()
        times = in_turns(
            {"training, with RND and log": ours, "Stable-Baselines3 DQN": theirs}, rounds, device
        )
    ratio = population.batch_size * population.updates_per_step / agents
    medians = {name: statistics.median(values) for name, values in times.items()}
    return [
        {
            "what": name,
            "agents": agents,
            "agent_steps_per_second": agents * steps / middle,
            "us_per_vector_step": 1e6 * middle / steps,
            "replay_ratio": ratio,
        }
        for name, middle in medians.items()
    ]


def training_many(config: RunConfig, device: torch.device, quick: bool) -> list[Row]:
    """Full training without log at other numbers of agents: the replay ratio falls as the agents grow."""
    rows = []
    for agents in AGENTS_ON_GPU if device.type == "cuda" else (64, 1024):
        population = msgspec.structs.replace(
            config.population,
            num_agents=agents,
            replay_buffer_capacity=max(config.population.replay_buffer_capacity, 64 * agents),
        )
        trainer = Trainer(msgspec.structs.replace(config, population=population), SilentRecorder())
        rollouts = 20 if quick else 100
        steps = rollouts * population.learn_every

        def train(trainer: Trainer = trainer, rollouts: int = rollouts) -> None:
            for _ in range(rollouts):
                trainer.step()

        train()
        middle = statistics.median(seconds(train, device) for _ in range(3))
        rows.append(
            {
                "what": "training, with RND, no log",
                "agents": agents,
                "agent_steps_per_second": agents * steps / middle,
                "us_per_vector_step": 1e6 * middle / steps,
                "replay_ratio": population.batch_size * population.updates_per_step / agents,
            }
        )
    return rows
