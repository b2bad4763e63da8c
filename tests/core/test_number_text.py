"""Numbers for readers: as the page writes them, so that no value is written in two ways."""

import pytest

from core.number_text import counted, percent, three_digits, whole


@pytest.mark.parametrize(
    ("value", "text"), [(112.5, "113"), (113.5, "114"), (112.49, "112"), (1234.5, "1,235"), (0.0, "0")]
)
def test_halves_are_rounded_up(value: float, text: str) -> None:
    assert whole(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.625, "63%"), (0.62, "62%"), (0.001, "<1%"), (0.0, "0%"), (1.0, "100%")]
)
def test_a_share_that_is_not_nothing_is_not_written_as_nothing(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.9, "0.9"), (0.0712, "0.071"), (0.8354, "0.835"), (4.556, "4.56")]
)
def test_a_number_has_three_digits_and_no_trailing_zeros(value: float, text: str) -> None:
    assert three_digits(value) == text


def test_one_thing_is_no_things() -> None:
    assert [counted(n, "episode") for n in (0, 1, 1234)] == ["0 episodes", "1 episode", "1,234 episodes"]
