"""What the pages cost on the wire: a budget for the first visit, answers that do not grow with the run."""

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TIMEOUT_MS, ServeAt
from tests.support.processes import unused_port
from tests.support.read_models import catch_up
from tests.support.synthetic import Scenario, write_synthetic_log
from tests.support.wire import Wire

pytestmark = pytest.mark.browser

FIRST_VISIT_BYTES = 350_000
ANSWER_BYTES = 200_000
SHORT, LONG = 10_000, 100_000
GROWTH = 2.5
"""An answer about ten times the episodes may be so many times as large: longer numbers, full lists."""
SMALL_BYTES = 8_192
"""Answers up to this size may grow: a name of a checkpoint that is a digit longer is no growth."""


def visit(browser: Browser, address: str, path: str, look: Callable[[Page], None]) -> Wire:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        wire = Wire(page)
        page.goto(address + path)
        look(page)
        page.wait_for_load_state("networkidle")
        return wire


def drawn(page: Page) -> None:
    """The headline and the three charts beside the town are there."""
    for chart in ("survival", "reward", "curiosity"):
        expect(page.locator(f"#{chart} .curves path[d]").first).to_be_attached()


def all_of_it(page: Page) -> None:
    """Everything that is fetched when the reader comes near is there."""
    drawn(page)
    for panel in ("What would it do?", "Interesting behaviours", "Scorecard", "Loss", "Configuration"):
        heading = page.get_by_role("heading", name=panel, exact=True)
        heading.scroll_into_view_if_needed()
        expect(heading).to_be_visible()
    expect(page.get_by_text(re.compile(r"After episode [\d,]+: \d+ of \d+ met"))).to_be_visible()


def nothing_more(page: Page) -> None:
    expect(page.locator("main").first).to_be_visible()


PAGES: list[tuple[str, Callable[[Page], None]]] = [
    ("/", all_of_it),
    ("/?episode={half}", all_of_it),
    ("/?episode={half}&compare={half},{newest}", drawn),
    ("/gallery", nothing_more),
    ("/stream", nothing_more),
    ("/?present", nothing_more),
]


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory, serve: ServeAt) -> dict[int, str]:
    """Servers of two made-up runs, one ten times as long as the other, both interrupted in proportion."""
    addresses = {}
    for episodes in (SHORT, LONG):
        run_dir: Path = tmp_path_factory.mktemp(f"history{episodes}")
        scenario = Scenario(
            episodes=episodes,
            resumes=episodes // 100,
            trace_every=10,
            policy_hidden=(64, 64),
        )
        write_synthetic_log(run_dir / "events.db", scenario)
        catch_up(run_dir)
        port = unused_port()
        serve(run_dir, port)
        addresses[episodes] = f"http://127.0.0.1:{port}"
    return addresses


def test_the_first_visit_stays_within_its_budget(browser: Browser, histories: dict[int, str]) -> None:
    wire = visit(browser, histories[SHORT], "/", drawn)
    assert wire.total() <= FIRST_VISIT_BYTES, wire.by_kind()


def test_no_answer_is_large_or_grows_with_the_run(browser: Browser, histories: dict[int, str]) -> None:
    sizes: dict[str, dict[int, int]] = defaultdict(dict)
    thinned: dict[int, bool] = {}
    for episodes, address in histories.items():
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(address)
            drawn(page)
            thinned[episodes] = (
                page.get_by_text(re.compile(r"Marks shown: .*\d of [\d,]+ resumed")).count() == 1
            )
        for path, look in PAGES:
            wire = visit(browser, address, path.format(half=episodes // 2, newest=episodes), look)
            for answer in wire.answers:
                name = re.sub(r"\d{3,}", "N", answer.url.removeprefix(address))
                sizes[name][episodes] = max(sizes[name].get(episodes, 0), answer.body_bytes)
    asked = {name.partition("?")[0] for name in sizes}
    for name in (
        "attempts",
        "annotations",
        "behaviours",
        "gallery",
        "scorecard",
        "policy",
        "causes",
        "health",
    ):
        assert f"/api/{name}" in asked
    assert "/ws" in asked
    assert thinned == {SHORT: False, LONG: True}
    large = {
        name: of for name, of in sizes.items() if max(of.values()) > ANSWER_BYTES and name.startswith("/api")
    }
    assert large == {}
    grown = {
        name: of
        for name, of in sizes.items()
        if len(of) == len(histories) and of[LONG] > max(GROWTH * of[SHORT], SMALL_BYTES)
    }
    assert grown == {}
