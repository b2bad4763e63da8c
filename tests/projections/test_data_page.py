"""docs/operate/data.md tells of every table there is to export."""

import re
from pathlib import Path

from projections.export import datasets
from projections.readmodels import READ_MODELS

PAGE = (Path(__file__).parents[2] / "docs" / "operate" / "data.md").read_text()


def test_the_page_has_every_table_and_says_whether_it_can_be_cut() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (yes|no) \|$", PAGE, re.MULTILINE)
    cut = {name: "yes" if dataset.by_episode else "no" for name, dataset in datasets(READ_MODELS).items()}
    assert dict(rows) == cut | {"events": "yes"}
