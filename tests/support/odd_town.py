"""A town that shares nothing with the default one: 12 × 12 cells, two meters, three affordances, no money."""

ODD_TOWN = """
extends: quick
training: {num_episodes: 24, randomize_affordances_at: null}
curriculum:
  stages:
    - {name: Warmth, meaning: To stay warm, active_meters: [warmth], depletion: 1.0, reward: shaped}
world:
  width: 12
  height: 12
  money_meter: null
  meters:
    - {name: warmth, start: 1.0, drain: 0.01, vital: true, when_low: cold}
    - {name: cheer, start: 0.8, drain: 0.005}
  couplings: []
  affordances:
    - {name: Stove, cell: [1, 1], effects: {warmth: 0.5}}
    - {name: HotSpring, cell: [11, 4], effects: {warmth: 0.3, cheer: 0.3}}
    - {name: Piano, cell: [5, 11], effects: {cheer: 0.4}}
"""
