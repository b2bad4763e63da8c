"""Numbers and names as the page writes them, for the tests that compare the page with the API."""

import math
import re
from decimal import ROUND_HALF_UP, Decimal

__all__ = ["Facts", "Statement", "chart", "number", "percent", "sentence", "stretch", "title_of", "whole"]

Statement = str | re.Pattern[str]
"""What the page must say: a text, or a pattern where the page may choose its words."""
Facts = dict[str, list[Statement]]
"""Statements by the name of their region."""


def whole(value: float) -> str:
    return f"{math.floor(value + 0.5):,}"


def number(value: float) -> str:
    """Three digits or so, no trailing zeros."""
    size = abs(value)
    if size >= 100:
        return whole(value)
    if 0 < size < 0.001:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}".replace("-", "−", 1 if value < 0 else 0)
    places = 1 if size >= 10 else 2 if size >= 1 else 3
    text = str(Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    return ("0" if float(text) == 0 else text.rstrip("0").rstrip(".")).replace("-", "−")


def percent(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{math.floor(100 * share + 0.5)}%"


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def title_of(affordance: str) -> str:
    """FastFood → Fast food."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda letter: f" {letter[0].lower()}", affordance)


def stretch(first: int, last: int, word: str = "episode") -> str:
    return f"{word} {first:,}" if first == last else f"{word}s {first:,} to {last:,}"


def chart(what: str, summary: str) -> list[Statement]:
    """The sentence of a panel with a chart, once to read and once for whoever cannot see the chart."""
    return [summary, f"aria-label: {what} over episodes. {summary}"]
