"""The fixed vectors that the page's tests compare with are what `projections.policy` computes today."""

import json
from typing import Any

import numpy as np

from tests.support.policy_vectors import vectors
from tests.support.processes import REPOSITORY

FILE = REPOSITORY / "frontend/src/features/mind/vectors.json"


def test_the_vectors_are_those_of_the_present_policy() -> None:
    kept, fresh = json.loads(FILE.read_text()), json.loads(json.dumps(vectors()))
    same_values(kept, fresh)
    same_values(kept["window"], fresh["window"])
    assert kept["window"]["layout"] == fresh["window"]["layout"]


def same_values(kept: dict[str, Any], fresh: dict[str, Any]) -> None:
    assert kept["policy"] == fresh["policy"]
    for was, now in zip(kept["states"], fresh["states"], strict=True):
        assert {key: was[key] for key in ("cell", "meters", "affordance", "best", "second")} == {
            key: now[key] for key in ("cell", "meters", "affordance", "best", "second")
        }
        for key in ("q", "gradients"):
            np.testing.assert_allclose(was[key], now[key], atol=2e-6)
