"""The pages of the documentation keep their promises: links lead somewhere, the README fits a screen."""

import re
from pathlib import Path

import apsw
import pytest

from core.events import CATALOGUE, event_name
from core.log import EventLog
from projections.engine.store import SCHEMA
from projections.readmodels import READ_MODELS
from tests.support.processes import REPOSITORY

PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PATH = re.compile(r"`((?:core|producer|projections|server|tests|configs|frontend|docs)/[\w./-]+)`")

NAMING_FILES = [page for page in PAGES if page.name != "experiments.md" and page.parent.name != "howto"]
"""The experiment log names files as they were, the guides name files that the reader is about to write."""


def name(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{target} is not there"


@pytest.mark.parametrize("page", NAMING_FILES, ids=name)
def test_every_path_named_in_code_letters_exists(page: Path) -> None:
    for path in PATH.findall(page.read_text()):
        if "NAME" in path:  # a pattern
            continue
        assert (REPOSITORY / path).exists() or path.startswith("frontend/dist"), f"{path} is not there"


def test_the_readme_is_at_most_120_lines() -> None:
    assert len((REPOSITORY / "README.md").read_text().splitlines()) <= 120


def rows(page: Path, columns: int) -> list[list[str]]:
    """The rows of all tables of a page that have so many columns, without heads and rules."""
    split = [line.strip("|").split(" | ") for line in page.read_text().splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in cells] for cells in split if len(cells) == columns]


def test_every_item_of_the_specification_names_what_holds_it() -> None:
    items = [row for row in rows(REPOSITORY / "docs/specification.md", 3) if row[0] != "item"]
    assert len(items) > 40
    for item, _, held_by in items:
        assert PATH.search(held_by + " ") or "](" in held_by or "`tests/producer`" in held_by, item


def fields_and_columns(folder: Path) -> set[str]:
    """`event.field` of every event, `table.column` of the log, of every read model and of the engine."""
    found = {f"{event_name(event)}.{field}" for event in CATALOGUE for field in event.__struct_fields__}
    EventLog(folder / "events.db").close()
    connection = apsw.Connection(str(folder / "events.db"))
    for ddl in (SCHEMA, *(model.ddl for model in READ_MODELS)):
        connection.execute(ddl)
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        found |= {f"{table}.{column[1]}" for column in connection.execute(f'PRAGMA table_info("{table}")')}
    return found


def test_every_word_of_the_glossary_exists_where_it_says(tmp_path: Path) -> None:
    words = [row for row in rows(REPOSITORY / "docs/glossary.md", 3) if row[0] != "word"]
    assert len(words) >= 40
    assert [word for word, _, _ in words] == sorted((word for word, _, _ in words), key=str.lower)
    there = fields_and_columns(tmp_path)
    assert [word for word, _, where in words if where.strip("`") not in there] == []


@pytest.mark.parametrize("page", sorted((REPOSITORY / "docs/decisions").glob("[!R]*.md")), ids=name)
def test_a_decision_has_context_decision_and_cost_and_stands_in_the_list(page: Path) -> None:
    headings = re.findall(r"^## (.*)$", page.read_text(), re.MULTILINE)
    assert headings == ["Context", "Decision", "What it costs"]
    assert f"]({page.name})" in (page.parent / "README.md").read_text()
