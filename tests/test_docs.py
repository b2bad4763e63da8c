"""The pages of the documentation keep their promises: links lead somewhere, the README fits a screen."""

import re
from pathlib import Path

import pytest

from tests.support.processes import REPOSITORY

PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PATH = re.compile(r"`((?:core|producer|projections|server|tests|configs|frontend|docs)/[\w./-]+)`")


def name(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{target} is not there"


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "experiments.md"], ids=name)
def test_every_path_named_in_code_letters_exists(page: Path) -> None:
    for path in PATH.findall(page.read_text()):
        assert (REPOSITORY / path).exists() or path.startswith("frontend/dist"), f"{path} is not there"


def test_the_readme_is_at_most_120_lines() -> None:
    assert len((REPOSITORY / "README.md").read_text().splitlines()) <= 120
