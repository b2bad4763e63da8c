"""The names of runs."""

import re

from core.run_id import new_run_id


def test_a_run_id_has_128_bits_in_lower_case_base32() -> None:
    ids = {new_run_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(r"[a-z2-7]{26}", run_id) for run_id in ids)
