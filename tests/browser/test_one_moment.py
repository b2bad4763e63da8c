"""Everything on the page is of one moment: its numbers are those that the API gives for that episode."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Api = Callable[[str], Any]
OpenPage = Callable[..., Page]


def whole(value: float) -> str:
    """A number as the page writes it, to the nearest whole one; halves may go either way."""
    return f"{int(value + 0.5):,}"


def three_digits(value: float) -> str:
    """A number between 0 and 10 as the page writes it."""
    text = f"{value:.2f}" if value >= 1 else f"{value:.3f}"
    return text.rstrip("0").rstrip(".")


def test_every_number_is_of_the_moment_looked_at(open_page: OpenPage, address: str, api: Api) -> None:
    moved, newest = api("run")["randomization_episode"], api("state")["episode"]
    for episode in (2, moved, moved + 40, newest):
        state = api(f"state?episode={episode}")
        page = open_page(f"{address}/?episode={episode}")
        figures = page.locator("main dl").first
        expect(figures).to_contain_text(f"{episode:,}")
        expect(figures).to_contain_text(f"{whole(state['mean_survival'])} of {api('run')['max_steps']} steps")
        weight = three_digits(state["metrics"]["intrinsic_weight"])
        expect(figures).to_contain_text(f"{weight} weight")
        curiosity = page.get_by_role("region", name="Curiosity", exact=True)
        random_share = whole(state["metrics"]["epsilon"] * 100)
        expect(curiosity).to_contain_text(f"Episode {episode:,}: curiosity weighs {weight}; ")
        expect(curiosity).to_contain_text(f"{random_share}% of actions are random")
        survival = page.get_by_role("region", name="Survival", exact=True)
        expect(survival).to_contain_text(f"Episode {episode:,}: {whole(state['mean_survival'])} steps")
        reward = page.get_by_role("region", name="Reward, decomposed", exact=True)
        expect(reward).to_contain_text(f"Episode {episode:,}: ")
        curriculum = page.get_by_role("region", name="Curriculum", exact=True)
        expect(curriculum).to_contain_text(f"Stage {state['stage']['stage']}, ")
        found = sum(kind["count"] for kind in api(f"behaviours?episode={episode}")["kinds"])
        behaviours = page.get_by_role("region", name="Interesting behaviours")
        expect(behaviours).to_contain_text(f"{found:,} found up to" if found else "Nothing odd was seen")
        criteria = api(f"scorecard?episode={episode}")
        card = page.get_by_role("region", name="Scorecard", exact=True)
        met = sum(criterion["state"] == "met" for criterion in criteria)
        applicable = sum(criterion["state"] != "not applicable" for criterion in criteria)
        expect(card).to_contain_text(f"After episode {episode:,}: {met} of {applicable} met.")
        for criterion in criteria:
            if criterion["key"] != "captures":
                expect(card).to_contain_text(criterion["value"])
        expect(page.get_by_text(re.compile(f"^Episode {episode:,}, agent"))).to_be_visible()
        page.context.close()


def test_the_tour_stands_at_its_moment_and_ends_elsewhere(
    open_page: OpenPage, address: str, api: Api
) -> None:
    page = open_page(f"{address}/?tour=1")
    tour = page.get_by_role("region", name="Tour")
    first = api("state?episode=1")["metrics"]["survival_time"]
    expect(tour).to_contain_text(f"Its first life ends after {first} of")
    expect(page.locator("#town[data-lit]")).to_have_count(1)
    tour.get_by_role("button", name="Next").click()
    expect(page.locator("#curriculum[data-lit]")).to_have_count(1)
    page.wait_for_url(re.compile(r"tour=2"))
    tour.get_by_role("button", name="End the tour").click()
    expect(page.locator("[data-lit]")).to_have_count(0)


def test_a_presenter_turns_scenes_by_keys(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?present", 1280, 720)
    town = page.locator(".town-map svg")
    expect(town).to_be_visible()
    box = town.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 720
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-scene=survival]")).to_be_visible()
    page.wait_for_url(re.compile("present=survival"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()


def test_a_presenter_shows_every_line_of_the_scorecard(open_page: OpenPage, address: str, api: Api) -> None:
    page = open_page(f"{address}/?present=scorecard", 1280, 720)
    lines = page.get_by_role("region", name="Scorecard").locator("ul.compact > li")
    expect(lines).to_have_count(len(api("scorecard")))
    footer = page.locator("footer").bounding_box()
    assert footer is not None
    for line in lines.all():
        box = line.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= footer["y"]
        assert box["x"] + box["width"] <= 1280


@pytest.mark.parametrize("scene", ["survival", "reward", "curiosity"])
def test_a_presenter_shows_a_chart_with_its_whole_legend(
    open_page: OpenPage, address: str, scene: str
) -> None:
    page = open_page(f"{address}/?present={scene}", 1280, 720)
    legend = page.locator(f"[data-scene={scene}] .legend")
    expect(legend).to_contain_text("stage")
    footer, box = page.locator("footer").bounding_box(), legend.bounding_box()
    assert footer is not None
    assert box is not None
    assert box["y"] + box["height"] <= footer["y"]
