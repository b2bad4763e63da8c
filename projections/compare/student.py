"""Quantiles of Student's t distribution, for intervals of a mean from few values."""

import math
from functools import cache

import numpy as np

__all__ = ["t_quantile"]

NODES = 96
"""Points of the Gauss-Legendre rule: the quantiles have at least eight correct digits."""


@cache
def t_quantile(confidence: float, degrees: float) -> float:
    """The t for which `confidence` (0 to 1) of Student's distribution lies between -t and t.

    `degrees` of freedom, 1 or more, need not be whole. With t = √ν·tan θ the density becomes
    cos^(ν-1) θ · Γ((ν+1)/2) / (√π · Γ(ν/2)); its integral is computed by the Gauss-Legendre rule, and θ is
    found by bisection. (Student, "The probable error of a mean", Biometrika 6, 1908.)

    Raises:
        ValueError: `confidence` is not between 0 and 1, or `degrees` is less than 1.
    """
    if not 0.0 < confidence < 1.0 or degrees < 1.0:
        raise ValueError(f"no quantile of t for confidence {confidence} and {degrees} degrees of freedom")
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    log_scale = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - 0.5 * math.log(math.pi)

    def within(theta: float) -> float:
        """The probability of a t between -√ν·tan θ and √ν·tan θ."""
        angles = theta * (nodes + 1) / 2
        density = np.exp(log_scale + (degrees - 1) * np.log(np.cos(angles)))
        return float(theta * np.dot(weights, density))

    low, high = 0.0, math.pi / 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle) < confidence else (low, middle)
    return math.sqrt(degrees) * math.tan(low)
