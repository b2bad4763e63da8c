"""Keys and numbers that move the timeline: always reachable, and only where they are meant."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Api = Callable[[str], Any]
OpenPage = Callable[..., Page]
MOMENT = "[data-test=moment]"


def test_keys_move_through_time_while_the_timeline_has_the_focus(
    open_page: OpenPage, address: str, api: Api
) -> None:
    page = open_page(address)
    newest = api("state")["episode"]
    expect(page.locator(MOMENT)).to_contain_text(f"{newest:,}")
    page.get_by_role("slider", name="Moment of the run").focus()
    for key, episode in [
        ("Home", 1), ("ArrowRight", 2), ("Shift+ArrowRight", 12), ("PageDown", 112), ("PageUp", 12),
        ("ArrowLeft", 11), ("End", newest),
    ]:  # fmt: skip
        page.keyboard.press(key)
        expect(page.locator(MOMENT)).to_contain_text(f"Looking at {episode:,}")
    page.keyboard.press("l")
    expect(page.locator(MOMENT)).to_contain_text(f"Episode {newest:,}")


def test_keys_scroll_the_page_while_the_timeline_has_not_the_focus(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    expect(page.locator(".chart")).to_have_count(3)
    for key, down in [("PageDown", True), ("Home", False), (" ", True), ("PageUp", False), ("End", True)]:
        before = page.evaluate("scrollY")
        page.keyboard.press(key)
        page.wait_for_function("([y, down]) => (down ? scrollY > y : scrollY < y)", arg=[before, down])
        # a smooth scroll has an end, which the next key must not overtake
        page.wait_for_function(
            "() => new Promise(r => { const y = scrollY; setTimeout(() => r(y === scrollY), 300) })"
        )
    expect(page.locator(MOMENT)).to_contain_text("Episode")


def test_keys_of_one_letter_can_be_switched_off_for_good(open_page: OpenPage, address: str, api: Api) -> None:
    page = open_page(f"{address}/?episode=512")
    expect(page.locator(MOMENT)).to_contain_text("Looking at 512")
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("checkbox", name="Single-letter keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    expect(page.locator(MOMENT)).to_contain_text("Looking at 512")
    page.keyboard.press("l")
    slider = page.get_by_role("slider", name="Moment of the run")
    slider.press("ArrowRight")  # arrives after the letter
    expect(page.locator(MOMENT)).to_contain_text("Looking at 513")
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("checkbox", name="Single-letter keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    expect(page.locator(MOMENT)).to_contain_text("Episode")


def test_the_timeline_is_reached_at_once_by_keys(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    slider = page.get_by_role("slider", name="Moment of the run")
    expect(slider).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the timeline")).to_be_focused()
    page.keyboard.press("Enter")
    expect(slider).to_be_focused()
    page.reload()
    expect(slider).to_be_visible()
    for _ in range(15):  # the header, and nothing else, comes before it
        page.keyboard.press("Tab")
        if slider.evaluate("node => node === document.activeElement"):
            return
    pytest.fail("fifteen times Tab did not reach the timeline")


def test_an_episode_is_reached_by_its_number_and_from_there_by_one(
    open_page: OpenPage, address: str, api: Api
) -> None:
    page = open_page(address, 390, 844, has_touch=True, is_mobile=True)
    number = page.get_by_role("textbox", name="Episode looked at")
    expect(number).to_have_value(f"{api('state')['episode']:,}")
    number.fill("1,017")
    number.press("Enter")
    expect(page.locator(MOMENT)).to_contain_text("Looking at 1,017")
    page.get_by_role("button", name="One episode on").tap()
    page.get_by_role("button", name="One episode on").tap()
    page.get_by_role("button", name="One episode back").tap()
    expect(page.locator(MOMENT)).to_contain_text("Looking at 1,018")
    expect(number).to_have_value("1,018")
    number.fill("nonsense")
    number.press("Enter")
    expect(number).to_have_value("1,018")
