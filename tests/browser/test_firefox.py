"""The main flows in Firefox: live, seek, replay, compare, gallery, stream. Nothing may be complained of."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import ENDLESS_RUN, ServeAt
from tests.support.firefox import Firefox, Page, find_firefox, firefox
from tests.support.processes import Start, end

pytestmark = pytest.mark.browser

Api = Callable[[str], Any]
MOMENT = "[data-test=moment]"
CAPTION = "section p.summary"


@pytest.fixture(scope="module")
def fox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    program = find_firefox()
    if program is None:
        pytest.skip("no Firefox here; install it with `configs/setup/install-missing.sh firefox-esr`")
    with firefox(program, tmp_path_factory.mktemp("firefox")) as browser:
        yield browser


@pytest.fixture
def page(fox: Firefox) -> Iterator[Page]:
    fox.complaints.clear()
    yield fox.new_page()
    assert fox.complaints == []


def test_a_run_is_followed_live(
    page: Page, tmp_path: Path, free_port: int, serve: ServeAt, start: Start
) -> None:
    serve(tmp_path, free_port)
    page.open(f"http://127.0.0.1:{free_port}")
    page.wait_for_text("h2", "The town is still asleep")
    start("projections", "run", "--run-dir", tmp_path)
    trainer = start("producer", "run", "--run-dir", tmp_path, *ENDLESS_RUN)
    page.wait_for_text("button.live", "LIVE")
    page.wait_for_text("[data-test=trainer]", "Training")
    before = page.evaluate(f"document.querySelector({MOMENT!r}).textContent")
    page.wait_for(f"document.querySelector({MOMENT!r}).textContent !== {before!r}")
    assert end(trainer) == 0


def test_moments_are_reached_by_drag_key_number_and_back(page: Page, address: str, api: Api) -> None:
    newest = api("state")["episode"]
    page.open(address)
    page.wait_for_text(MOMENT, f"Episode {newest:,}")
    page.wait_for_text("#timeline", "Superseded")  # the last of its buttons: the track stays where it is
    page.drag("[role=slider]", 0.8, 0.6, 0.4)
    page.wait_for_text(MOMENT, "Looking at")
    there = int(page.evaluate("document.querySelector('[role=slider]').getAttribute('aria-valuenow')"))
    assert abs(there - 0.4 * newest) < 8
    page.evaluate("document.querySelector('[role=slider]').focus()")
    page.press("ArrowRight")
    page.wait_for_text(MOMENT, f"Looking at {there + 1:,}")
    page.press("Home")
    page.wait_for_text(MOMENT, "Looking at 1 ")
    page.evaluate("document.querySelector('#timeline input').focus()")
    page.press(*"1017", "Enter")
    page.wait_for_text(MOMENT, "Looking at 1,017")
    page.wait_for("location.search === '?episode=1017'")
    page.back()
    page.wait_for_text(MOMENT, "Looking at 1 ")


def test_history_plays_until_the_present(page: Page, address: str, api: Api) -> None:
    newest = api("state")["episode"]
    page.open(f"{address}/?episode={newest - 150}&speed=100")
    page.wait_for_text(MOMENT, "Looking at")
    page.click("button.play")
    page.wait_for_text(MOMENT, f"Episode {newest:,}")


def test_an_episode_is_replayed_and_two_are_compared(page: Page, address: str) -> None:
    page.open(f"{address}/?episode=700&compare=560,640")
    page.wait_for_text(CAPTION, "Episode 700, agent")
    page.wait_for_text("#compare", "Episode 560, agent")
    page.wait_for_text("#compare", "Episode 640, agent")
    words = (
        f"[...document.querySelectorAll({CAPTION!r})].map(node => node.textContent)"
        ".find(text => text.startsWith('Episode 700'))"
    )
    before = page.evaluate(words)
    page.wait_for(f"{words} !== {before!r}")


def test_charts_are_drawn(page: Page, address: str) -> None:
    page.open(address)
    drawn = "[...document.querySelectorAll('.chart')].filter(chart => chart.querySelector('.curves path[d]'))"
    page.wait_for(f"{drawn}.length >= 3")


def test_the_gallery_offers_the_exports(page: Page, address: str) -> None:
    page.open(f"{address}/gallery")
    page.wait_for_text("h2", "Exports")
    page.wait_for("document.title === 'Hamlet: gallery'")


def test_the_stream_shows_the_town_and_goes_on(page: Page, address: str) -> None:
    page.resize(1280, 720)
    page.open(f"{address}/stream?seconds=2")
    page.wait_for("!!document.querySelector('.town-map svg')")
    page.wait_for("document.querySelectorAll('.slide, [class*=slide], h2').length > 0")
    headings = "[...document.querySelectorAll('h2')].map(node => node.textContent).join()"
    first = page.evaluate(headings)
    page.wait_for(f"{headings} !== {first!r}")


def test_no_screen_has_to_be_scrolled_sideways(page: Page, address: str) -> None:
    for width in (320, 390, 1280):
        page.resize(width, 720)
        page.open(f"{address}/?compare=560,640")
        page.wait_for_text("#compare", "Episode 560, agent")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
