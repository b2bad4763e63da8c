"""docs/projections.md has the thresholds of the behaviour rules, the criteria and the recovery."""

import re

import pytest

from core import definitions
from projections.readmodels import behaviour_rules as rules
from projections.readmodels import criteria
from tests.support.processes import REPOSITORY

PAGE = (REPOSITORY / "docs" / "projections.md").read_text(encoding="utf-8")

NUMBERS = {
    "camping": [f"{rules.CAMPING_SHARE:.0%}", rules.LEAST_STEPS],
    "ping_pong": [rules.PING_PONG_STEPS],
    "never_working": [rules.WORKLESS_STEPS],
    "waiting": [f"{rules.WAITING_SHARE:.0%}", rules.LEAST_STEPS],
    "hoarding": [f"{rules.HOARD:.0%}"],
    "miserable": [rules.MISERY],
    "runtime": [criteria.HOURS],
    "episodes, data": [f"{criteria.EPISODES:,}"],
    "intrinsic weight, survival, curriculum": [
        criteria.WEIGHT_TARGET,
        f"{criteria.SURVIVAL_TARGET:.0f}",
        criteria.STAGE_TARGET,
        definitions.WINDOW,
    ],
    "generalisation": [definitions.RECOVERY_EPISODES],
    "memory, numbers, crashes": [
        criteria.LEAK_BYTES_PER_HOUR // 2**20,
        f"{criteria.RESTART_SECONDS:.0f}",
    ],
    "garden path": [f"{criteria.ROUTINE_SHARE:.0%}", definitions.WINDOW],
    "captures": [criteria.SCREENSHOTS, criteria.GIFS],
    "too early": [definitions.WINDOW],
    "no drop": [f"{definitions.RECOVERED_AT:.0%}"],
    "recovered": [f"{definitions.RECOVERED_AT:.0%}"],
    "not recovered": [definitions.RECOVERY_EPISODES],
    "silent trainer": [f"{definitions.SILENT_SECONDS:.0f}"],
}


@pytest.mark.parametrize("first_cell", NUMBERS)
def test_a_row_of_the_page_has_the_numbers_of_the_code(first_cell: str) -> None:
    (row,) = re.findall(rf"^\| `?{re.escape(first_cell)}`? \| .*$", PAGE, re.MULTILINE)
    for number in NUMBERS[first_cell]:
        assert re.search(rf"(?<![\d.,]){re.escape(str(number).replace('%', ' %'))}(?![\d%])", row), number
