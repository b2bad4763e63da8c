"""The timeline under the pointer: clicking, dragging, zooming, playing; all panels show its moment."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Api = Callable[[str], Any]
OpenPage = Callable[..., Page]
MOMENT = "[data-test=moment]"


def shown_first_and_last(page: Page) -> tuple[int, int]:
    """The episodes at both ends of the track, as its hint names them."""
    box = page.get_by_role("slider", name="Moment of the run").bounding_box()
    assert box is not None
    ends = []
    for x in (box["x"] + 0.5, box["x"] + box["width"] - 0.5):
        page.mouse.move(x, box["y"] + 30)
        hint = page.locator("[role=slider] .hint strong")
        expect(hint).to_have_text(re.compile(r"^[\d,]+$"))
        ends.append(int(hint.inner_text().replace(",", "")))
    return ends[0], ends[1]


def assert_whole(page: Page, newest: int) -> None:
    """The track shows the whole run; a pixel of it is more than one episode."""
    first, last = shown_first_and_last(page)
    assert first <= 4
    assert last >= newest - 4


def test_the_timeline_zooms_by_wheel_key_and_button_until_single_episodes_are_apart(
    open_page: OpenPage, address: str, api: Api
) -> None:
    page = open_page(address)
    newest = api("state")["episode"]
    slider = page.get_by_role("slider", name="Moment of the run")
    expect(slider).to_be_visible()
    assert_whole(page, newest)
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30)
    page.mouse.wheel(0, -300)
    expect(page.get_by_role("button", name="Zoom the timeline out")).to_be_enabled()
    first, last = shown_first_and_last(page)
    assert 1 < first < newest / 2 < last < newest
    for _ in range(20):
        page.get_by_role("button", name="Zoom the timeline in").click()
    slider.focus()
    first, last = shown_first_and_last(page)
    assert last - first < 25
    page.keyboard.press("-")
    wider = shown_first_and_last(page)
    assert wider[1] - wider[0] > last - first
    page.keyboard.press("0")
    assert_whole(page, newest)


def test_two_fingers_zoom_the_timeline(open_page: OpenPage, address: str, api: Api) -> None:
    page = open_page(address, 390, 844, has_touch=True, is_mobile=True)
    slider = page.get_by_role("slider", name="Moment of the run")
    expect(slider).to_be_visible()
    box = slider.bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    x, y, wide = box["x"], box["y"] + 30, box["width"]

    def touch(kind: str, *fractions: float) -> None:
        points = [{"x": x + wide * at, "y": y, "id": i} for i, at in enumerate(fractions)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0.45)
    touch("touchStart", 0.45, 0.55)
    for at in (0.4, 0.3, 0.2, 0.1):
        touch("touchMove", at, 1 - at)
    touch("touchEnd")
    page.get_by_role("button", name="More controls of the timeline").tap()
    expect(page.get_by_role("button", name="Zoom the timeline out")).to_be_enabled()
    expect(page.locator(MOMENT)).to_contain_text(f"Episode {api('state')['episode']:,}")


def test_a_stretch_goes_round_and_round(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=503&loop=500-503&speed=10")
    expect(page.locator(MOMENT)).to_contain_text("Looking at 503")
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Play history").click()
    for episode in (500, 502, 500):
        expect(page.locator(MOMENT)).to_contain_text(f"Looking at {episode}")
    page.get_by_role("button", name="Loop").click()
    # the address is written when the page comes to rest
    page.get_by_role("button", name="Pause history").click()
    page.wait_for_url(lambda url: "loop" not in url)


def test_a_click_near_a_landmark_goes_to_it(open_page: OpenPage, address: str, api: Api) -> None:
    moved = api("run")["randomization_episode"]
    page = open_page(address)
    mark = page.locator("[role=slider] .randomized")
    expect(mark).to_be_visible()
    box = mark.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 3, box["y"] + 20)
    expect(page.locator(MOMENT)).to_contain_text(re.compile(f"Looking at ({moved}|{moved + 1}) "))


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


def test_history_plays_until_the_present(open_page: OpenPage, address: str, api: Api) -> None:
    newest = api("state")["episode"]
    page = open_page(f"{address}/?episode={newest - 150}")
    expect(page.locator(MOMENT)).to_contain_text("Looking at")
    page.get_by_role("slider", name="Moment of the run").press(" ")
    expect(page.get_by_role("button", name="Pause history")).to_be_visible()
    page.get_by_role("button", name="100×", exact=True).click()
    expect(page.locator(MOMENT)).to_contain_text(f"Episode {newest:,}")
    expect(page.get_by_role("button", name="Play history")).to_be_visible()


def test_superseded_episodes_can_be_seen_and_compared(open_page: OpenPage, address: str, api: Api) -> None:
    superseded = [a for a in api("attempts") if a["kept_until"] < a["last_episode"]]
    assert superseded
    page = open_page(address)
    page.get_by_role("button", name="Superseded").click()
    expect(page.locator("#timeline .superseded")).to_have_count(len(superseded))
    page.locator("#timeline .superseded").first.click()
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
    expect(panel.locator(".curves path").first).to_be_attached()
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
