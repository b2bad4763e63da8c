"""The tour goes on by itself where nobody touches the page of a finished run, and stops for whoever does."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
IDLE_MS = 181_000
SCENE_MS = 20_500


def test_nobody_touches_the_page_and_the_tour_begins(open_page: OpenPage, address: str) -> None:
    page = open_page("about:blank")
    page.clock.install()
    page.goto(address)
    expect(page.locator("[data-test=moment]")).to_contain_text("Episode")
    tour = page.get_by_role("region", name="Tour")
    expect(tour).to_have_count(0)
    page.clock.fast_forward(IDLE_MS)
    expect(tour).to_contain_text("1 of")
    page.clock.fast_forward(SCENE_MS)
    expect(tour).to_contain_text("2 of")
    page.keyboard.press("Shift")
    page.clock.fast_forward(2 * SCENE_MS)
    expect(tour).to_contain_text("2 of")
    tour.get_by_role("button", name="End the tour").click()
    expect(tour).to_have_count(0)
