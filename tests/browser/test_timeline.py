"""Time travel: dragging, keys, the address, playing; every panel shows the moment the timeline stands at."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


Api = Callable[[str], Any]
OpenPage = Callable[..., Page]
MOMENT = "[data-test=moment]"


def test_keys_move_through_time_and_back_to_the_present(open_page: OpenPage, address: str, api: Api) -> None:
    page = open_page(address)
    newest = api("state")["episode"]
    expect(page.locator(MOMENT)).to_contain_text(f"{newest:,}")
    for key, episode in [
        ("Home", 1), ("ArrowRight", 2), ("Shift+ArrowRight", 12), ("PageDown", 112), ("PageUp", 12),
        ("ArrowLeft", 11),
    ]:  # fmt: skip
        page.keyboard.press(key)
        expect(page.locator(MOMENT)).to_contain_text(f"Looking at {episode}")
    page.keyboard.press("l")
    expect(page.locator(MOMENT)).to_contain_text(f"Episode {newest:,}")


def test_every_panel_shows_the_moment(open_page: OpenPage, address: str, api: Api) -> None:
    moved = api("run")["randomization_episode"]
    for episode in (moved - 1, moved + 1):
        page = open_page(f"{address}/?episode={episode}")
        state = api(f"state?episode={episode}")
        figures = page.locator("main dl").first
        expect(figures).to_contain_text(f"{episode:,}")
        expect(figures).to_contain_text(f"{state['mean_survival']:.0f}")
        town = page.get_by_role("img", name=re.compile("^The town"))
        for place in state["layout"]:
            expect(town).to_have_attribute(
                "aria-label", re.compile(f"{place['name']} in column {place['x'] + 1}, row {place['y'] + 1}")
            )


def test_dragging_the_track_scrubs_and_the_address_follows(
    open_page: OpenPage, address: str, api: Api
) -> None:
    page = open_page(address)
    track = page.get_by_role("slider", name="Moment of the run")
    expect(track).to_be_visible()
    box = track.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 20)
    page.mouse.down()
    for share in (0.7, 0.6, 0.5, 0.4):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + 20, steps=5)
    page.mouse.up()
    newest = api("state")["episode"]
    there = round(1 + 0.4 * (newest - 1))
    nearly = "|".join(str(episode) for episode in range(there - 3, there + 4))  # a pixel is more than one
    expect(track).to_have_attribute("aria-valuenow", re.compile(f"^({nearly})$"))
    episode = int(track.get_attribute("aria-valuenow") or 0)
    page.wait_for_url(re.compile(rf"\?episode={episode}$"))
    expect(page.locator(MOMENT)).to_contain_text(f"Looking at {episode:,}")
    expect(page.locator("main dl").first).to_contain_text(f"{episode:,}")


def test_an_address_can_be_shared(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=512&speed=10&map=novelty")
    expect(page.locator(MOMENT)).to_contain_text("Looking at 512")
    expect(page.get_by_role("button", name="10×", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Novelty")).to_have_attribute("aria-pressed", "true")


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


def test_history_plays_until_the_present(open_page: OpenPage, address: str, api: Api) -> None:
    newest = api("state")["episode"]
    page = open_page(f"{address}/?episode={newest - 150}")
    expect(page.locator(MOMENT)).to_contain_text("Looking at")
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Pause history")).to_be_visible()
    page.get_by_role("button", name="100×", exact=True).click()
    expect(page.locator(MOMENT)).to_contain_text(f"Episode {newest:,}")
    expect(page.get_by_role("button", name="Play history")).to_be_visible()


def test_superseded_episodes_can_be_seen_and_compared(open_page: OpenPage, address: str, api: Api) -> None:
    superseded = [a for a in api("attempts") if a["kept_until"] < a["last_episode"]]
    assert superseded
    page = open_page(address)
    page.get_by_role("button", name="Superseded").click()
    expect(page.locator("[role=slider] .superseded")).to_have_count(len(superseded))
    page.locator("[role=slider] .superseded").first.click()
    first = superseded[0]
    expect(page.get_by_text(f"of superseded attempt {first['attempt']}")).to_be_visible()
    episode = api(f"replay/{first['kept_until'] + 1}?attempt={first['attempt']}")
    expect(
        page.get_by_text(
            re.compile(f"step \\d+ of {len(episode['path']) - 1}|after {len(episode['path']) - 1} steps")
        ).first
    ).to_be_visible()


def test_dragging_across_a_chart_zooms_all_of_them(open_page: OpenPage, address: str, api: Api) -> None:
    page = open_page(address)
    newest = api("state")["episode"]
    panel = page.get_by_role("region", name="Survival", exact=True)
    expect(panel.locator("canvas")).to_be_visible()
    box = panel.locator(".chart").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 100, steps=5)
    page.mouse.up()
    expect(page.get_by_role("button", name="Whole run").first).to_be_visible()
    panel.get_by_role("button", name="Survival as a table").click()
    exact = panel.get_by_role("cell", name=re.compile(r"^[\d,]+$")).first
    expect(exact).to_be_visible()
    assert 0.4 * newest < int(exact.inner_text().replace(",", "")) < 0.6 * newest
    panel.get_by_role("button", name="Whole run").click()
    expect(panel.get_by_role("cell", name=re.compile(r"^1–\d+$"))).to_be_visible()
