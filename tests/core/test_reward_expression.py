"""Reward terms of one's own are arithmetic over meters, and nothing else."""

from pathlib import Path

import pytest

from core.config import load_config
from core.errors import ConfigError
from core.resources import find_config
from core.reward_expression import Arithmetic, parse_expression

METERS = ("energy", "mood")
NUMBERS = Arithmetic(min, max, float)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("energy", 0.25),
        ("0.5 * mood - 0.1", 0.3),
        ("-energy / 2 + (mood > 0.5) * 3", 2.875),
        ("min(energy, mood) + max(energy, 0.5)", 0.75),
        ("abs(change(energy))", 0.25),
        ("change(mood) * 10", 3.0),
        ("(energy <= 0.25) + (energy >= 0.25) + (energy < 0.25)", 2.0),
    ],
)
def test_an_expression_is_computed(text: str, value: float) -> None:
    expression = parse_expression(text, METERS, "rewards.expression")
    assert expression((0.5, 0.5), (0.25, 0.8), NUMBERS) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("enrgy + 1", "rewards.expression names 'enrgy'; the meters are energy, mood"),
        ("__import__('os').system('true')", "which is not allowed there"),
        ("energy.real", "'energy.real', which is not allowed there; write numbers, names of meters"),
        ("energy ** 9", r"'energy \*\* 9', which is not allowed"),
        ("[energy for energy in mood]", "which is not allowed"),
        ("energy if mood else 0", "which is not allowed"),
        ("0 < energy < 1", "which is not allowed"),
        ("min(energy, mood, 1)", "which is not allowed"),
        ("change(energy + 1)", "which is not allowed"),
        ("True * energy", "'True', which is not allowed"),
        ("energy / mood", "divides by 'mood', which can be 0"),
        ("energy / 0", "divides by '0', which can be 0"),
        ("3", "names no meter; the meters are energy, mood"),
        ("energy +", "which is no expression"),
        ("energy * 1000", "can be from 0 to 1000 in one step; scale it"),
        ("energy * 1e300", "which is not allowed"),
        ("+".join(["energy"] * 101), "parts, computed in every step; write at most 200"),
    ],
)
def test_what_is_no_arithmetic_over_meters_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_expression(text, METERS, "rewards.expression")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"rewards.expression": "sleep * 2"}, "rewards.expression names 'sleep'; the meters are energy"),
        ({"rewards.expresion": "mood"}, "unknown key rewards.expresion; did you mean expression"),
        ({"rewards.death": "x"}, "rewards.death: expected float"),
        ({"rewards.novelty": -1}, "rewards.novelty: expected float >= 0.0"),
    ],
)
def test_a_wrong_reward_is_named_with_its_key(overrides: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(find_config(Path("quick")), overrides)
