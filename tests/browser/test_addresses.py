"""The address of the page says what the page shows: it can be shared, and Back undoes what it was."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Api = Callable[[str], Any]
OpenPage = Callable[..., Page]
MOMENT = "[data-test=moment]"


def test_back_undoes_a_jump_and_not_a_drag(open_page: OpenPage, address: str, api: Api) -> None:
    page = open_page(f"{address}/?episode=512&theme=dark")
    expect(page.locator(MOMENT)).to_contain_text("Looking at 512")
    slider = page.get_by_role("slider", name="Moment of the run")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(MOMENT)).to_contain_text("Looking at 515")
    number = page.get_by_role("textbox", name="Episode looked at")
    number.fill("700")
    number.press("Enter")
    expect(page.locator(MOMENT)).to_contain_text("Looking at 700")
    page.get_by_role("button", name="Go live").click()
    expect(page.locator(MOMENT)).to_contain_text("Episode")
    page.wait_for_url(re.compile(r"/\?theme=dark$"))
    page.go_back()
    expect(page.locator(MOMENT)).to_contain_text("Looking at 700")
    page.go_back()
    expect(page.locator(MOMENT)).to_contain_text("Looking at 515")
    page.wait_for_url(re.compile(r"\?episode=515&theme=dark$"))
    page.go_forward()
    expect(page.locator(MOMENT)).to_contain_text("Looking at 700")


def test_an_address_can_be_shared(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=512&speed=10&map=novelty")
    expect(page.locator(MOMENT)).to_contain_text("Looking at 512")
    expect(page.get_by_role("button", name="10×", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Novelty")).to_have_attribute("aria-pressed", "true")
    whole = page.get_by_role("region", name="Garden path").get_by_role("button", name="Whole run")
    whole.click()
    page.wait_for_url(re.compile(r"[?&]path=run"))
    page.reload()
    expect(whole).to_have_attribute("aria-pressed", "true")


def test_an_address_beyond_the_run_shows_the_newest_episode_and_says_so(
    open_page: OpenPage, address: str, api: Api
) -> None:
    newest = api("state")["episode"]
    page = open_page(f"{address}/?episode=99999&theme=dark")
    expect(
        page.get_by_text(f"This run has no episode 99,999; episode {newest:,}, the newest, is shown.")
    ).to_be_visible()
    expect(page.locator(MOMENT)).to_contain_text(f"Looking at {newest:,}")
    expect(page).to_have_title(f"Hamlet: episode {newest:,}")
    page.wait_for_url(re.compile(rf"\?episode={newest}&theme=dark$"))
    page.keyboard.press("l")
    expect(page).to_have_title("Hamlet")
    expect(page.get_by_text("This run has no episode")).to_have_count(0)
