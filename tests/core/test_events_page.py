"""The catalogue page tells of every event and every field; code and page cannot drift apart."""

import re
from pathlib import Path

import msgspec
import pytest

from core.events import (
    CATALOGUE,
    CurriculumSummary,
    Event,
    Placement,
    SavedFile,
    StageSummary,
    WorldMap,
    event_name,
)

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
SECTIONS = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL))
PARTS: dict[str, list[type[msgspec.Struct]]] = {
    "run_started": [WorldMap, Placement, CurriculumSummary, StageSummary],
    "run_branched": [Placement, SavedFile],
    "affordances_randomized": [Placement],
    "checkpoint_saved": [SavedFile],
}


def test_the_page_has_the_events_of_the_catalogue_in_its_order() -> None:
    assert list(SECTIONS) == [event_name(event_type) for event_type in CATALOGUE]


@pytest.mark.parametrize("event_type", CATALOGUE, ids=event_name)
def test_an_event_says_what_it_means(event_type: type[Event]) -> None:
    assert event_type.__doc__ is not None
    assert len(event_type.__doc__) > 30
    assert event_type.__doc__ != Event.__doc__


@pytest.mark.parametrize("event_type", CATALOGUE, ids=event_name)
def test_the_page_has_the_present_version_and_every_field(event_type: type[Event]) -> None:
    name = event_name(event_type)
    section = SECTIONS[name]
    assert f"Version {event_type.version}." in section
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(cells)) == list(event_type.__struct_fields__)
    for part in PARTS.get(name, []):
        for field in part.__struct_fields__:
            assert f"`{field}`" in section, f"`{field}` of {part.__name__} is not explained under {name}"
