"""Watching recorded episodes again: alone on the map, and two side by side."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


Api = Callable[[str], Any]
OpenPage = Callable[..., Page]


def test_an_episode_is_shown_step_by_step_to_its_end(open_page: OpenPage, address: str, api: Api) -> None:
    lengths = api("series?metric=survival_time&points=2000")["mean"]
    longest = 1 + lengths.index(max(lengths))
    episode = api(f"replay/{longest}")
    steps = len(episode["path"]) - 1
    page = open_page(f"{address}/?episode={longest}")
    transport = page.get_by_role("group", name="Watching one episode")
    expect(
        page.get_by_text(re.compile(rf"^Episode {longest:,}, agent \d+: step \d+ of {steps}$"))
    ).to_be_visible()
    transport.get_by_role("button", name="Pause this episode").click()
    slider = transport.get_by_role("slider", name="Step of this episode")
    slider.fill("10")
    transport.get_by_role("button", name="One step on").click()
    expect(page.get_by_text(f"step 11 of {steps}")).to_be_visible()
    levels = {
        meter: round(level / 255 * 100)
        for meter, level in zip(("energy", "hygiene"), episode["meters"][11][:2], strict=True)
    }
    meters = page.get_by_role("list", name="Meters").first
    for meter, level in levels.items():
        expect(meters.get_by_role("listitem").filter(has_text=re.compile(meter, re.I))).to_contain_text(
            f"{level} %"
        )
    slider.fill(str(steps))
    expect(
        page.get_by_text(re.compile(f"(died of .*|lived to the limit) after {steps} steps"))
    ).to_be_visible()
    transport.get_by_role("button", name="Watch this episode again").click()
    expect(transport.get_by_role("button", name="Pause this episode")).to_be_visible()


def test_an_unknown_episode_is_named(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?compare=1,999999", forgiving=True)
    expect(page.get_by_text(re.compile("episode 999999 is not"))).to_be_visible()


def test_two_episodes_are_shown_at_the_same_pace(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.get_by_role("button", name="Before and after the move").click()
    page.wait_for_url(re.compile(r"compare=\d+,\d+"))
    together = page.get_by_role("group", name="Watching two episodes")
    expect(page.get_by_text(re.compile(r"^Episode [\d,]+, agent \d+: "))).to_have_count(3)
    together.get_by_role("slider", name="Step of this episode").fill("20")
    expect(page.get_by_text(re.compile(r"^Episode [\d,]+, agent \d+: step 20 of"))).to_have_count(2)
    left, right = (page.get_by_role("img", name=re.compile(f"^{side}: Life")) for side in ("Left", "Right"))
    beds = [side.locator("g.sign").first.get_attribute("transform") for side in (left, right)]
    assert beds[0] != beds[1], "after the move the first affordance stands elsewhere"


def test_an_interesting_behaviour_can_be_watched(open_page: OpenPage, address: str, api: Api) -> None:
    page = open_page(address)
    found = api("behaviours")
    assert found
    page.get_by_role("button", name=f"Watch {found[0]['episode']:,}").first.click()
    expect(page.locator("[data-test=moment]")).to_contain_text(f"Looking at {found[0]['episode']:,}")
    expect(page.get_by_text(re.compile(f"^Episode {found[0]['episode']:,}, "))).to_be_visible()
