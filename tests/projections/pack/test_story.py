"""The story: it says what happened in this run, and every number in it has a source."""

import re
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest
from jinja2 import UndefinedError

from core.definitions import Recovery
from core.resources import TEACHING, resource_folder
from projections.pack.story import material, write
from projections.pack.story.material import material_of
from projections.pack.story.templates import render, typed_digits
from tests.projections.pack.test_notebook import OUTSIDE

TEMPLATE = (resource_folder(TEACHING) / "story.md.j2").read_text()
LINKED = re.compile(r"!?\[[^\[\]]*\]\([^()]*\)|<sup>.*?</sup>|`[^`]*`")
NAMED = re.compile(r"\*\*Lesson \d\*\* \(What lesson \d asks\)")
"""Names and meanings of the stages come from the run's configuration."""
SOURCE = re.compile(r'^(\d+)\. <a id="source-\1"></a>\*\*', re.MULTILINE)


def test_no_digit_is_typed_into_the_template() -> None:
    assert typed_digits(TEMPLATE) == []


@pytest.mark.parametrize(
    "template", ["Survival: 437 steps", "{{ '437 steps' }}", "a\n{% if x %} 5 {% endif %}"]
)
def test_a_typed_digit_is_found(template: str) -> None:
    assert len(typed_digits(template)) == 1


def test_digits_in_code_are_no_typed_numbers() -> None:
    assert typed_digits("{{ mean(first, 100) }} {# 5 #} {% if stages | length > 1 %}school{% endif %}") == []


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("{{ nothing }}", {}, lambda value: value)


def test_every_number_is_a_link_with_a_source(full_pack: Path) -> None:
    text, _, sources = (full_pack / "story.md").read_text().partition("## Sources")
    left = NAMED.sub("", LINKED.sub("", LINKED.sub("", text)))
    assert re.findall(r"\d", left) == [], left
    cited = {int(number) for number in re.findall(r'href="#source-(\d+)"', text)}
    assert cited == {int(number) for number in SOURCE.findall(sources)} != set()
    for line in sources.strip().splitlines():
        assert "; n = " in line
        assert "[see the moment](dashboard/index.html#/?episode=" in line


def test_the_queries_of_the_sources_give_their_numbers(full_pack: Path, connection: apsw.Connection) -> None:
    sources = (full_pack / "story.md").read_text().partition("## Sources")[2]
    asked = re.findall(r"\*\*(\d+) steps\*\*.*?`(SELECT avg[^`]*)`", sources)
    assert len(asked) >= 4
    for told, query in asked:
        assert f"{connection.execute(query).get:.0f}" == told


def test_the_page_needs_no_script_and_names_no_outside_address(full_pack: Path) -> None:
    page = (full_pack / "story.html").read_text()
    assert "<script" not in page
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert links
    for link in links:
        assert link.startswith(("#", "dashboard/index.html")), link
    assert OUTSIDE.search(re.sub(r'href="[^"]*"', "", page)) is None
    for picture in re.findall(r"\]\((story-pictures/[^)]*)\)", (full_pack / "story.md").read_text()):
        assert (full_pack / picture).is_file()


MOVED: dict[str, Any] = {"moved_at": 120, "before": 300.0, "lowest": 100.0, "lowest_at": 230}
TOLD = {
    "not part of this run": ({}, "In this run nothing is ever moved"),
    "not moved yet": ({}, "this run ended before the places were to be moved"),
    "too early": ({"moved_at": 120, "before": 300.0}, "cannot be judged yet"),
    "no drop": (MOVED, "Nothing broke"),
    "recovering": (MOVED, "The run ended before they were back"),
    "recovered": ({**MOVED, "episodes": 115}, "they *learnt again*"),
    "not recovered": (MOVED, "**They did not recover**"),
}


@pytest.mark.parametrize("state", TOLD)
def test_the_move_is_told_as_it_went(
    state: Any, connection: apsw.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, sentence = TOLD[state]
    recovery = Recovery(state=state, text="", **given)
    told = material_of(connection, recovery)
    monkeypatch.setattr(write, "material_of", lambda _: told)
    write.write_story(tmp_path, connection)
    text = (tmp_path / "story.md").read_text()
    assert sentence in text
    assert [other for _, other in TOLD.values() if other in text] == [sentence]


def test_a_run_without_failures_and_without_curiosity_says_so(
    connection: apsw.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = material_of(connection) | {"failures": [], "curiosity": None, "epsilon": None, "paths": None}
    monkeypatch.setattr(write, "material_of", lambda _: told)
    write.write_story(tmp_path, connection)
    text = (tmp_path / "story.html").read_text()
    assert "They found none that was chosen" in text
    assert "This run has no curiosity" in text
    assert "It recorded no probability of a random action" in text


def test_a_run_without_rnd_is_not_said_to_have_lost_its_curiosity(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = material_of(connection)["run"]
    monkeypatch.setattr(material, "read_run", lambda _: msgspec.structs.replace(run, novelty="none"))
    assert material_of(connection)["curiosity"] is None
