"""A newcomer sees the habit: tired agents go to where the bed was, until they have learnt the new town."""

import re
import time
from collections.abc import Callable

import msgspec
import pytest
from playwright.sync_api import Locator, Page, expect

from core import events as e
from tests.browser.conftest import ServeAt
from tests.support.logs import write_log
from tests.support.processes import unused_port
from tests.support.read_models import catch_up
from tests.support.synthetic import Scenario, generate_events
from tests.support.synthetic_policy import homing
from tests.support.synthetic_town import PLACES, SIZE

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
EPISODES = 800
MOVED = 400
HABIT = 500
"""The policy of this episode has not yet learnt where the bed is."""


def story() -> list[tuple[e.Event, float]]:
    """A run that is tired before the move, just after it, and when it has learnt the new town."""
    bed = PLACES["Bed"]
    told: list[tuple[e.Event, float]] = []
    for event, at in generate_events(Scenario(episodes=EPISODES, policy_hidden=(4,))):
        changed: e.Event = event
        if isinstance(event, e.RunStarted):
            world = msgspec.structs.replace(event.world, when_low={"energy": "tired"})
            changed = msgspec.structs.replace(event, world=world)
        elif isinstance(event, e.AffordancesRandomized):
            bed_now = next((place.x, place.y) for place in event.new if place.name == "Bed")
        elif isinstance(event, e.PolicyRecorded):
            changed = homing(event, "Bed", bed if event.episode <= HABIT else bed_now, SIZE)
        told.append((changed, at))
    return told


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, serve: ServeAt) -> str:
    run_dir = tmp_path_factory.mktemp("story")
    events = story()
    shift = time.time() - 3600.0 - events[-1][1]
    write_log(run_dir / "events.db", [(event, at + shift) for event, at in events])
    catch_up(run_dir)
    port = unused_port()
    serve(run_dir, port)
    return f"http://127.0.0.1:{port}"


def map_panel(page: Page) -> Locator:
    page.locator(".mind").scroll_into_view_if_needed()
    return page.get_by_role("region", name="What would it do?", exact=True)


@pytest.mark.parametrize(
    ("episode", "sentence"),
    [
        (350, "^Tired, by the policy of episode 300: Of 64 cells, 64 lead to Bed[.]"),
        (550, "^Tired, by the policy of episode 500: Of 64 cells, 62 lead to where Bed was, 2 to Bed[.]"),
        (650, "^Tired, by the policy of episode 600: Of 64 cells, 64 lead to Bed[.]"),
    ],
)
def test_a_tired_agent_goes_to_the_bed_or_to_where_it_was(
    open_page: OpenPage, address: str, episode: int, sentence: str
) -> None:
    page = open_page(f"{address}/?episode={episode}")
    panel = map_panel(page)
    panel.get_by_role("button", name="Tired").click()
    expect(panel.locator(".summary")).to_contain_text(re.compile(sentence))


def test_the_tour_leads_to_the_mind_of_a_tired_agent(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.get_by_role("button", name="Tour").click()
    tour = page.get_by_role("region", name="Tour")
    ask = tour.get_by_role("button", name="What would it do when tired?")
    for _ in range(6):
        if tour.get_by_role("heading", name="Everything is moved").is_visible():
            break
        number = tour.locator("p").first.inner_text()
        tour.get_by_role("button", name="Next").click()
        expect(tour.locator("p").first).not_to_have_text(number)
    ask.click()
    panel = page.get_by_role("region", name="What would it do?", exact=True)
    expect(panel).to_be_in_viewport()
    expect(panel.get_by_role("button", name="Tired")).to_have_attribute("aria-pressed", "true")
    expect(panel.locator(".summary")).to_contain_text(re.compile("^Tired, by the policy of episode 400:"))


def test_before_and_after_the_move_a_tired_agent_goes_to_the_same_cell(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(f"{address}/?episode=650")
    panel = map_panel(page)
    panel.get_by_role("button", name="Tired").click()
    panel.get_by_role("button", name="Before and after the move").click()
    before = panel.get_by_role(
        "img", name=re.compile("^The town by the policy of episode 300.*64 lead to Bed")
    )
    after = panel.get_by_role("img", name=re.compile("^The town by the policy of episode 500.*where Bed was"))
    expect(before).to_be_visible()
    expect(after).to_be_visible()


def test_the_question_is_in_the_address(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=550")
    panel = map_panel(page)
    panel.get_by_role("button", name="Tired").click()
    panel.get_by_role("button", name="Value").click()
    panel.get_by_label("Beside it").select_option(value="300")
    expect(panel.locator(".summary")).to_contain_text("where Bed was")
    question = panel.get_by_role("group", name=re.compile("^Ask about a cell"))
    place = re.search(r"column (\d+), row (\d+)", question.get_attribute("aria-label") or "")
    assert place is not None
    column, row = (int(number) for number in place.groups())
    key, wanted = ("ArrowRight", column + 1) if column < 8 else ("ArrowLeft", column - 1)
    question.press(key)
    address_of_cell = rf"needs=15,[\d,]+&cell={wanted - 1},{row - 1}&colours=values&beside=300"
    expect(page).to_have_url(re.compile(address_of_cell))
    expect(panel.locator("[data-test=asked]")).to_contain_text(f"In column {wanted}, row {row} it")
    asked = panel.locator("[data-test=asked]").inner_text()
    why, when = (page.get_by_role("region", name=name, exact=True) for name in ("Why this?", "When?"))
    why.get_by_role("button", name=re.compile("^Why not")).last.click()
    when.get_by_role("combobox", name=re.compile("^Up")).select_option(label="money")
    expect(when.locator(".summary")).to_contain_text("over all levels of energy and money")
    expect(page).to_have_url(re.compile("beside=300&against=[A-Z]+&over=energy,money"))
    reason, shares = why.locator(".summary").inner_text(), when.locator(".summary").inner_text()
    again = open_page(page.url)
    shared = map_panel(again)
    expect(shared.get_by_role("button", name="Tired")).to_have_attribute("aria-pressed", "true")
    expect(shared.get_by_role("button", name="Value")).to_have_attribute("aria-pressed", "true")
    expect(shared.locator("[data-test=asked]")).to_have_text(asked)
    why, when = (again.get_by_role("region", name=name, exact=True) for name in ("Why this?", "When?"))
    expect(why.locator(".summary")).to_have_text(reason)
    expect(when.locator(".summary")).to_have_text(shares)
    expect(
        shared.get_by_role("img", name=re.compile("^The town by the policy of episode 300"))
    ).to_be_visible()
