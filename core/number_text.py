"""Numbers as readers see them: the page and the server write one value in one way.

Halves are rounded up, as JavaScript rounds them; `format` would round 112.5 to 112 and the page to 113.
`frontend/src/lib/format.ts` is the other half.
"""

import math

__all__ = ["counted", "percent", "three_digits", "whole"]


def whole(value: float) -> str:
    """1234.5 → "1,235"."""
    return f"{math.floor(value + 0.5):,}"


def counted(number: int, thing: str) -> str:
    """1 → "1 episode", 1234 → "1,234 episodes"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """A share, 0 to 1: 0.62 → "62%"; what is little but not nothing is "<1%"."""
    return "<1%" if 0.0 < share < 0.005 else f"{math.floor(100 * share + 0.5)}%"


def three_digits(value: float) -> str:
    """A number from 0.001 to 100 in three digits or so, without trailing zeros: 0.0712 → "0.071"."""
    places = 3 if abs(value) < 1.0 else 2 if abs(value) < 10.0 else 1
    scale = 10**places
    text = f"{math.floor(value * scale + 0.5) / scale:.{places}f}"
    return text.rstrip("0").rstrip(".")
