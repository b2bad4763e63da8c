"""Three towns whose runs take seconds: the default town in small, an odd one and a tall one."""

from pathlib import Path

DEFAULT = """
extends: sparse_adaptive
experiment: {name: small}
population:
  {num_agents: 8, hidden: 16, batch_size: 16, learning_starts: 100, replay_buffer_capacity: 4000}
exploration: {rnd_hidden: 8, embed_dim: 4, survival_window: 20, drop_window: 10, drop_min_episodes: 10}
curriculum:
  {entropy_gate: 1.0, survival_window: 20, survival_advance_threshold: 0.35, min_steps_at_stage: 20}
training: {num_episodes: 240, max_steps_per_episode: 120, randomize_affordances_at: 160, checkpoint_every: 20}
"""
"""Five stages, the move after episode 160, 240 episodes."""

SEVEN_STAGES = "".join(
    f"    - {{name: Lesson {n}, meaning: What lesson {n} teaches, active_meters: [warmth], depletion: 1.0,"
    " reward: shaped}\n"
    for n in range(1, 8)
)

ODD = f"""
extends: quick
experiment: {{name: odd}}
population: {{num_agents: 8, hidden: 16}}
training: {{num_episodes: 60, max_steps_per_episode: 150, randomize_affordances_at: 30, checkpoint_every: 20}}
curriculum:
  survival_window: 10
  min_steps_at_stage: 5
  entropy_gate: 1.0
  survival_advance_threshold: 0.2
  stages:
{SEVEN_STAGES}
world:
  width: 12
  height: 12
  money_meter: coins
  currency: coins
  meters:
    - {{name: warmth, start: 1.0, drain: 0.01, vital: true}}
    - {{name: coins, start: 0.4}}
  couplings: []
  affordances:
    - {{name: Stove, cell: [1, 1], effects: {{warmth: 0.5}}}}
    - {{name: HotSpring, cell: [4, 7], price: 5, effects: {{warmth: 0.3}}}}
    - {{name: Piano, cell: [0, 8], wage: 20}}
"""
"""12 × 12 cells, seven stages, two meters, three affordances and a currency of its own."""

TALL = f"""
extends: quick
experiment: {{name: tall}}
population: {{num_agents: 8, hidden: 16}}
training:
  {{num_episodes: 24, max_steps_per_episode: 1200, randomize_affordances_at: null, checkpoint_every: 10}}
curriculum:
  survival_window: 5
  min_steps_at_stage: 5
  entropy_gate: 1.0
  survival_advance_threshold: 0.06
  survival_retreat_threshold: 0.01
  stages:
{SEVEN_STAGES}
world:
  width: 5
  height: 9
  money_meter: null
  meters:
    - {{name: warmth, start: 1.0, drain: 0.01, vital: true}}
    - {{name: cheer, start: 1.0, drain: 0.005}}
  couplings: []
  affordances:
    - {{name: Stove, cell: [1, 1], effects: {{warmth: 0.5}}}}
    - {{name: HotSpring, cell: [4, 7], effects: {{warmth: 0.3, cheer: 0.3}}}}
    - {{name: Piano, cell: [0, 8], effects: {{cheer: 0.3}}}}
"""
"""5 × 9 cells, episodes of more than a thousand steps, no money and no move."""

TOWNS = {"default": DEFAULT, "odd": ODD, "tall": TALL}


def write_town(folder: Path, name: str) -> Path:
    """Write the configuration of a town into a folder; its path."""
    path = folder / f"{name}.yaml"
    path.write_text(TOWNS[name])
    return path
