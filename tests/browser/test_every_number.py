"""Everything the page says at one time is of one moment: every number is compared with the API's."""

import json
import re
import time
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page

from core.codec import decode
from tests.browser.conftest import ServeAt
from tests.browser.moment_facts import Api, facts_of, live_facts
from tests.support.logs import read_log, write_log
from tests.support.page_numbers import seek, statements
from tests.support.page_words import Facts, Statement, whole
from tests.support.processes import run_successfully, unused_port
from tests.support.read_models import catch_up
from tests.support.towns import TOWNS, write_town

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
MOMENTS = 20
ELSEWHERE = ("page", "What would it do?", "Why this?", "When?", "Configuration")
"""Regions that other tests read: the policy's answers (test_mind.py), and the configuration, of no moment."""
LIVE_STAGE, LIVE_MOVE = 60, 160
"""Episodes of the default town between two stages, and before the move."""
LONGEST_WAIT = 120.0
"""Seconds for what must come, on machines that are busy."""
CAPTION = re.compile(
    r"Replay of episode ([\d,]+), .*Agent (\d+): (?:step [\d,]+ of ([\d,]+)|.* after ([\d,]+) steps)"
)
"""The episode that walks on the map, its agent, and its length."""
SETTLED = "html[data-settled]"
STAGE_NUMBER = re.compile(r"\d")
"""The number of a stage stands on the timeline where its stretch has room for it."""


@pytest.fixture(scope="module")
def run_in(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes the run directory of a short run in a town, once for each town."""

    @cache
    def make(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        config = write_town(folder, name)
        run_successfully("producer", "run", "--config", config, "--run-dir", folder / "run")
        catch_up(folder / "run")
        return folder / "run"

    return make


@pytest.fixture(params=list(TOWNS))
def town(request: pytest.FixtureRequest, run_in: Callable[[str], Path]) -> Path:
    """The run directory of a finished run in one of the towns."""
    return run_in(str(request.param))


def api_of(address: str) -> Api:
    def get(path: str) -> Any:
        with urlopen(f"{address}/api/{path}", timeout=120) as answer:
            return json.load(answer)

    return get


def is_said(statement: Statement, text: str) -> bool:
    return statement == text if isinstance(statement, str) else statement.fullmatch(text) is not None


def differences(expected: Facts, said: dict[str, list[str]]) -> list[str]:
    """What the page says that the API does not, and what it leaves out, each with its region."""
    found = []
    for region in sorted({*expected, *said} - {*ELSEWHERE}):
        left = list(expected.get(region, []))
        for text in said.get(region, []):
            known = next((statement for statement in left if is_said(statement, text)), None)
            if known is not None:
                left.remove(known)
            elif not (region == "Timeline" and STAGE_NUMBER.fullmatch(text)):
                found.append(f"{region} says {text!r}")
        found += [f"{region} does not say {statement!r}" for statement in left]
    return found


def moments(api: Api) -> list[int]:
    """Twenty episodes: the first ones, those around each change of stage and the move, the last, others."""
    newest, moved = api("state")["episode"], api("run")["randomization_episode"]
    corners = {1, 2, 3, newest - 1, newest}
    for band in api("stages")[1:]:
        corners |= {band["first"] - 1, band["first"]}
    if moved is not None:
        corners |= {moved, moved + 1, moved + 2}
    corners = {episode for episode in corners if 1 <= episode <= newest}
    others = (1 + place * newest // (2 * MOMENTS) for place in range(1, 2 * MOMENTS))
    for episode in others:
        if len(corners) >= MOMENTS:
            break
        corners.add(episode)
    return sorted(corners)


def test_every_number_at_twenty_moments_is_the_apis(town: Path, serve: ServeAt, open_page: OpenPage) -> None:
    port = unused_port()
    serve(town, port)
    address = f"http://127.0.0.1:{port}"
    api = api_of(address)
    page = open_page(f"{address}/?still=page&episode=1")
    page.wait_for_selector(SETTLED, state="attached")
    asked = moments(api)
    assert len(asked) >= MOMENTS
    wrong: list[str] = []
    for episode in asked:
        assert seek(page, f"?still=page&episode={episode}") == str(episode)
        found = differences(facts_of(api, episode), statements(page))
        wrong += [f"episode {episode}: {difference}" for difference in found]
    assert not wrong, "\n".join(wrong)


def test_one_fact_has_one_number_in_all_answers(town: Path, serve: ServeAt) -> None:
    """The scorecard, the curriculum and the headline speak of the same things."""
    port = unused_port()
    serve(town, port)
    api = api_of(f"http://127.0.0.1:{port}")
    bands = api("stages")
    entered = {band["stage"]: band["first"] - 1 for band in reversed(bands)}
    for episode in moments(api):
        state = api(f"state?episode={episode}")
        card = {criterion["key"]: criterion for criterion in api(f"scorecard?episode={episode}")}
        assert card["survival"]["value"].startswith(f"{whole(state['mean_survival'])} steps")
        assert card["curriculum"]["value"] == f"stage {state['stage']['stage']}"
        since = card["curriculum"]["since_episode"]
        assert since is None or since == min(last for stage, last in entered.items() if stage >= 4)
        assert state["stage"]["since_episode"] - 1 == entered[state["stage"]["stage"]]


def test_a_run_followed_live_tells_of_its_newest_moment(
    tmp_path: Path, run_in: Callable[[str], Path], serve: ServeAt, open_page: OpenPage
) -> None:
    """The log of a run comes in parts, past the changes of stage and the move, to its end."""
    events = [decode(recorded) for recorded in read_log(run_in("default"))]
    cuts = [
        next(i for i, event in enumerate(events) if getattr(event, "episode", 0) == episode + 1)
        for episode in (1, 30, LIVE_STAGE, LIVE_MOVE - 1, LIVE_MOVE, LIVE_MOVE + 8)
    ]
    live, port, page, api = tmp_path / "live", unused_port(), None, None
    live.mkdir()
    for first, end in pairwise([0, *cuts, len(events)]):
        write_log(live / "events.db", [(event, time.time()) for event in events[first:end]])
        catch_up(live)
        if page is None or api is None:
            serve(live, port)
            api = api_of(f"http://127.0.0.1:{port}")
            page = open_page(f"http://127.0.0.1:{port}")
        wait_until_said(page, live_facts(api, complete=end == len(events)))
        caption = page.get_by_text(re.compile(r"^Replay of episode")).text_content() or ""
        walks = CAPTION.match(caption)
        assert walks is not None, caption
        replay = api(f"replay/{walks[1].replace(',', '')}")
        assert walks[2] == str(replay["metrics"]["agent"])
        assert (walks[3] or walks[4]).replace(",", "") == str(len(replay["path"]) - 1)


def wait_until_said(page: Page, expected: Facts) -> None:
    """Wait until the page says nothing else in these regions; panels ask for what is new by and by."""

    def wrong() -> list[str]:
        said = statements(page)
        return differences(expected, {region: said.get(region, []) for region in expected})

    deadline = time.monotonic() + LONGEST_WAIT
    while (found := wrong()) and time.monotonic() < deadline:
        page.wait_for_timeout(250)
    assert not found, "\n".join(found)
