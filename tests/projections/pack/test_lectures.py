"""The lectures: they fit any run, take their time, and hold no number that somebody has typed."""

import re
from pathlib import Path
from typing import Any

import apsw
import pytest

from core.errors import ConfigError
from core.resources import TEACHING, resource_folder
from projections.pack.lectures import write
from projections.pack.lectures.futures import read_futures
from projections.pack.lectures.lecture import LECTURES, read_lecture
from projections.pack.lectures.material import gather
from projections.pack.lectures.write import lecture_body, write_lectures
from projections.pack.story.templates import DIGIT, typed_digits
from projections.readmodels.run import read_run
from tests.projections.pack.conftest import EPISODES
from tests.support.events import branched
from tests.support.logs import write_log
from tests.support.read_models import catch_up
from tests.support.synthetic import Scenario, generate_events

SOURCE = resource_folder(TEACHING) / "lectures"
MINUTES = 45


@pytest.mark.parametrize("name", LECTURES)
def test_no_number_is_typed_and_every_test_has_six_questions(name: str) -> None:
    assert typed_digits((SOURCE / f"{name}.md.j2").read_text()) == []
    lecture = read_lecture(SOURCE, name)
    assert len(lecture.test) == 6
    for question in lecture.test:
        assert len(question.wrong) == 3
        told = [question.ask, question.right, *question.wrong, *question.wrong.values()]
        assert not any(DIGIT.search(words) for words in told), question.ask
        assert all(question.wrong.values()), "every wrong answer is explained"


@pytest.mark.parametrize("teacher", [False, True])
@pytest.mark.parametrize("missing", ["nothing", "the move", "curiosity", "habits, failures and ends"])
def test_a_lecture_takes_its_time_whatever_happened_in_the_run(
    connection: apsw.Connection, missing: str, teacher: bool
) -> None:
    material = gather(connection, [])
    changed: dict[str, dict[str, Any]] = {
        "nothing": {},
        "the move": {"move": {"state": "not part of this run", "at": None, "lowest_at": None}},
        "curiosity": {"curiosity": None, "half": None, "epsilon": None},
        "habits, failures and ends": {"paths": None, "habit": None, "failures": [], "ended": None},
    }
    material.context.update(changed[missing])
    for name in LECTURES:
        template = (SOURCE / f"{name}.md.j2").read_text()
        lecture = read_lecture(SOURCE, name)
        body, minutes = lecture_body(template, lecture, lecture, material, teacher=teacher)
        assert minutes == MINUTES
        assert body.count("<section") == body.count("</section>")
        assert body.count("<details") == body.count("</details>")
        assert ('class="notes"' in body) is teacher
        assert body.count('class="draw"') >= 1


def test_every_link_leads_somewhere_and_none_leaves_the_pack(full_pack: Path) -> None:
    pages = sorted((full_pack / "lectures").glob("*.html"))
    assert len(pages) == 2 * len(LECTURES) + 1
    for page in pages:
        text = page.read_text()
        links = re.findall(r'(?:href|src)="([^"]*)"', text)
        assert links
        for link in links:
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.is_file(), link
            assert full_pack in target.parents, link
            if anchor and not anchor.startswith("/"):
                assert f'id="{anchor}"' in target.read_text(), link


def test_every_number_of_a_lecture_has_its_source(full_pack: Path) -> None:
    text, _, sources = (full_pack / "lectures/generalisation.html").read_text().partition("Sources</h2>")
    cited = {int(number) for number in re.findall(r'href="#source-(\d+)"', text)}
    assert cited
    assert cited == {int(number) for number in re.findall(r'id="source-(\d+)"', sources)}


def test_futures_are_lines_of_the_lecture(
    packed_run: Path, connection: apsw.Connection, tmp_path: Path
) -> None:
    run = read_run(connection)
    assert run is not None
    events = list(
        generate_events(Scenario(episodes=EPISODES, resumes=2, policy_hidden=(8,), checkpoint_every=40))
    )
    futures = tmp_path / "futures"
    for number in (1, 2):
        directory = futures / f"future-{number}"
        directory.mkdir(parents=True)
        at = events[-1][1] + 1.0
        branch = branched(
            EPISODES, len(events), run_id=str(number) * 26, parent_run_id=run.run_id, future=number
        )
        write_log(directory / "events.db", [*events, (branch, at)])
        catch_up(directory)
    (futures / "notes").mkdir()
    found = read_futures(futures, connection)
    assert [future.name for future in found] == ["future-1", "future-2"]
    write_lectures(tmp_path / "lectures", connection, found)
    assert "Survival of this run and of 2 futures" in (tmp_path / "lectures/curriculum.html").read_text()


def test_a_folder_without_branches_is_refused(
    packed_run: Path, connection: apsw.Connection, tmp_path: Path
) -> None:
    other = tmp_path / "runs" / "no-branch"
    other.mkdir(parents=True)
    (other / "demo_state.db").write_bytes((packed_run / "demo_state.db").read_bytes())
    with pytest.raises(ConfigError, match="holds no branch of this run"):
        read_futures(other.parent, connection)
    with pytest.raises(ConfigError, match="no such directory"):
        read_futures(tmp_path / "nowhere", connection)


def test_a_run_without_its_town_says_that_nothing_can_be_played(
    connection: apsw.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    material = gather(connection, [])
    without = type(material)(
        context=material.context, curves=material.curves, pictures={"towns": [], "policies": []}, town=None
    )
    monkeypatch.setattr(write, "gather", lambda *_: without)
    write_lectures(tmp_path / "lectures", connection, [])
    text = (tmp_path / "lectures/exploration.html").read_text()
    assert "nothing can be played" in text
    assert 'class="agent"' not in text
