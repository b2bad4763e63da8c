"""A page with `?still` is a function of its address: a moment's picture is the same bytes every time."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from server.snapshots.screenshots import CHROMIUM_FLAGS, SETTLED, find_chromium
from tests.support.page_numbers import seek

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def painter(playwright: Playwright) -> Iterator[Browser]:
    """Chromium with the flags with which pictures are taken."""
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_FLAGS))
    yield browser
    browser.close()


def opened(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.goto(url)
    page.wait_for_selector(SETTLED, state="attached", timeout=120_000)
    return page


@pytest.mark.parametrize("path", ["/", "/stream"])
def test_a_moment_is_the_same_bytes_sought_or_opened(painter: Browser, address: str, path: str) -> None:
    page = opened(painter, f"{address}{path}?still&episode=600")
    first = page.screenshot()
    for episode in (30, 601, 1200, 640):
        assert seek(page, f"?still&episode={episode}") == str(episode)
    assert seek(page, "?still&episode=600") == "600"
    assert page.screenshot() == first
    other = opened(painter, f"{address}{path}?still&episode=600")
    assert other.screenshot() == first
    for each in (page, other):
        each.context.close()


def test_the_step_drawn_is_that_of_the_address_and_else_the_end(
    painter: Browser, address: str, api: Callable[[str], Any]
) -> None:
    length = len(api("replay/700")["path"]) - 1
    page = opened(painter, f"{address}/?still&episode=700")
    town = page.get_by_role("region", name="The town")
    assert f"after {length} steps" in town.inner_text()
    assert seek(page, "?still&episode=700&step=7") == "700"
    assert f"step 7 of {length}" in town.inner_text()
    assert page.evaluate("document.getAnimations().length") == 0
    page.context.close()


def test_a_still_page_leaves_its_address_alone_and_names_no_line(painter: Browser, address: str) -> None:
    page = opened(painter, f"{address}/?still&episode=100")
    page.get_by_role("slider", name="Moment of the run").press("ArrowRight")
    page.wait_for_selector("html[data-settled='101']", state="attached", timeout=120_000)
    assert page.url == f"{address}/?still&episode=100"
    assert page.locator("[data-test=connection]").count() == 0
    page.context.close()
