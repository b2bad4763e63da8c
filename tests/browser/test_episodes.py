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
            f"{level}%"
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
    expect(page.get_by_text(re.compile(r"^Episode [\d,]+, agent \d+: "))).to_have_count(2)
    together.get_by_role("slider", name="Step of this episode").fill("20")
    expect(page.get_by_text(re.compile(r"^Episode [\d,]+, agent \d+: step 20 of"))).to_have_count(2)
    left, right = (
        page.get_by_role("img", name=re.compile(f"^{side}: Episode")) for side in ("Left", "Right")
    )
    beds = [side.locator("g.sign").first.get_attribute("style") for side in (left, right)]
    assert beds[0] != beds[1], "after the move the first affordance stands elsewhere"


def test_an_interesting_behaviour_can_be_watched(open_page: OpenPage, address: str, api: Api) -> None:
    """Kinds with counts as of the moment looked at; the recording starts five steps before the evidence."""
    page = open_page(address)
    panel = page.get_by_role("region", name="Interesting behaviours")
    kinds = api("behaviours")["kinds"]
    assert kinds
    for kind in kinds:
        expect(panel.get_by_role("button", name=f"{kind['name']} {kind['count']:,}")).to_be_visible()
    chosen = kinds[0]
    panel.get_by_role("button", name=f"{chosen['name']} {chosen['count']:,}").click()
    found = api(f"behaviours?kind={chosen['kind']}")["found"][0]
    expect(panel.get_by_role("listitem").first).to_contain_text(found["evidence"])
    panel.get_by_role("button", name=f"Watch {found['episode']:,}").first.click()
    expect(page.locator("[data-test=moment]")).to_contain_text(f"Looking at {found['episode']:,}")
    expect(page.get_by_text(re.compile(f"^Episode {found['episode']:,}, agent"))).to_be_visible()
    then = sum(kind["count"] for kind in api(f"behaviours?episode={found['episode']}")["kinds"])
    expect(panel).to_contain_text(f"{then:,} found up to episode {found['episode']:,}")
    if found["step"] is not None:
        page.wait_for_url(re.compile(rf"step={max(1, found['step'] - 5)}\b"))
