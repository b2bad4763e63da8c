"""Reading the agent's mind: what the page computes of a recorded policy, and what it says about it."""

import base64
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from core.observation import ObservationSizes
from core.packing import split_layers
from projections.policy import Array, network_input, q_values
from tests.browser.conftest import ServeAt
from tests.support.odd_town import ODD_TOWN
from tests.support.processes import run_successfully, unused_port
from tests.support.read_models import catch_up

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
Api = Callable[[str], Any]
SETTINGS = 16
"""How often the needs are set anew: with 64 cells more than 1,000 states."""
TOLERANCE = 1e-3
AGREEMENT = 0.999


@pytest.fixture(scope="module")
def odd_town(tmp_path_factory: pytest.TempPathFactory, serve: ServeAt) -> str:
    """The server of a short run in a town of 12 × 12 cells, two meters and three affordances."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "odd.yaml").write_text(ODD_TOWN)
    run_successfully("producer", "run", "--config", folder / "odd.yaml", "--run-dir", folder / "run")
    catch_up(folder / "run")
    port = unused_port()
    serve(folder / "run", port)
    return f"http://127.0.0.1:{port}"


def mind_of(page: Page) -> Locator:
    """The panel of the map, in view."""
    page.locator(".mind").scroll_into_view_if_needed()
    panel = page.get_by_role("region", name="What would it do?", exact=True)
    expect(panel.get_by_role("img", name=re.compile("^The town by the policy"))).to_be_visible()
    return panel


def set_needs(panel: Locator, levels: dict[str, int]) -> None:
    for meter, level in levels.items():
        panel.get_by_role("slider", name=meter).fill(str(level))


def table_of(panel: Locator) -> list[list[str]]:
    """Cell, here, action, leads to, margin and the exact values of the table."""
    button = panel.get_by_role("button", name="What would it do? as a table")
    button.click()
    rows: list[list[str]] = panel.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.title || cell.textContent.trim()))"
    )
    button.click()
    return rows


def computed_by_numpy(policy: Any, layout: list[Any], levels: list[float]) -> Array:
    """Values `[cells, actions]` with the same meters in every cell of a square town."""
    cells, names = policy["cells"], policy["affordances"]
    here = np.full(cells, len(names))
    for place in layout:
        here[place["y"] * int(cells**0.5) + place["x"]] = names.index(place["name"])
    meters = np.tile(np.asarray(levels, np.float32), (cells, 1))
    layers = split_layers(base64.b64decode(policy["weights"]), policy["layer_sizes"])
    sizes = ObservationSizes(cells=cells, meters=meters.shape[1], affordances=len(names))
    return q_values(layers, network_input(sizes, np.arange(cells), meters, here))


def test_a_thousand_states_have_the_values_that_numpy_computes(
    open_page: OpenPage, address: str, api: Api
) -> None:
    episode = 650
    policy, layout = api(f"policy?episode={episode}"), api(f"state?episode={episode}")["layout"]
    page = open_page(f"{address}/?episode={episode}")
    panel = mind_of(page)
    rng = np.random.default_rng(1)
    furthest, same, states = 0.0, 0, 0
    words = ["go up", "go down", "go left", "go right", "use what is here"]
    for _ in range(SETTINGS):
        percent = rng.integers(0, 101, len(policy["meters"]))
        set_needs(panel, dict(zip(policy["meters"], (int(level) for level in percent), strict=True)))
        rows = table_of(panel)
        shown = np.array([[float(value) for value in row[5:]] for row in rows])
        expected = computed_by_numpy(policy, layout, [level / 100 for level in percent])
        assert shown.shape == expected.shape
        furthest = max(furthest, float(np.abs(shown - expected).max()))
        same += sum(words[best] == row[2] for best, row in zip(expected.argmax(1), rows, strict=True))
        states += len(rows)
    assert states >= 1000
    assert furthest < TOLERANCE
    assert same >= AGREEMENT * states


def test_the_policy_follows_the_timeline(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=650")
    panel = mind_of(page)
    expect(panel.locator(".summary")).to_contain_text("policy of episode 600:")
    page.get_by_role("slider", name="Moment of the run").press("PageUp")
    expect(panel.locator(".summary")).to_contain_text("policy of episode 500:")


def test_before_the_first_policy_the_panel_says_that_there_is_none(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=20")
    panel = page.get_by_role("region", name="What would it do?", exact=True)
    page.locator(".mind").scroll_into_view_if_needed()
    expect(panel).to_contain_text("The first policy is recorded at episode 100, later than this moment")
    town = page.get_by_role("region", name="The town", exact=True)
    expect(town.get_by_role("slider", name=re.compile("^Step"))).to_be_visible()
    expect(town.locator("[data-test=expected]")).to_have_count(0)
    page.get_by_role("slider", name="Moment of the run").press("PageDown")
    expect(panel.locator(".summary")).to_contain_text("policy of episode 100:")


def test_needs_are_asked_about_by_slider_by_button_and_by_preset(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=650")
    panel = mind_of(page)
    walking = panel.get_by_role("button", name="As it feels while it walks")
    expect(walking).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("button", name="Low on energy").click()
    expect(walking).to_have_attribute("aria-pressed", "false")
    energy = panel.get_by_role("slider", name="energy")
    expect(energy).to_have_attribute("aria-valuetext", "15%")
    panel.get_by_role("button", name="Low on money").click()
    expect(panel.get_by_role("slider", name="money")).to_have_attribute("aria-valuetext", "$0")
    expect(energy).to_have_attribute("aria-valuetext", "15%")
    expect(panel.locator(".summary")).to_contain_text(re.compile("^Low on energy and low on money"))
    panel.get_by_role("button", name="Low on money").click()
    expect(panel.get_by_role("slider", name="money")).not_to_have_attribute("aria-valuetext", "$0")
    panel.get_by_role("button", name="Newborn").click()
    expect(energy).not_to_have_attribute("aria-valuetext", "15%")
    walking.click()
    expect(walking).to_have_attribute("aria-pressed", "true")


def test_why_this_and_why_not_that_of_a_cell_chosen_by_keys(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=650")
    panel = mind_of(page)
    panel.get_by_role("button", name="Newborn").click()
    asked = panel.locator("[data-test=asked]")
    where = re.search(r"column (\d+), row (\d+)", asked.inner_text())
    assert where is not None
    column, row = (int(number) for number in where.groups())
    key, wanted = ("ArrowRight", column + 1) if column < 8 else ("ArrowLeft", column - 1)
    panel.get_by_role("group", name=re.compile("^Ask about a cell")).press(key)
    expect(asked).to_contain_text(f"In column {wanted}, row {row} it would")
    expect(page).to_have_url(re.compile("episode=650"))
    why = page.get_by_role("region", name="Why this?", exact=True)
    expect(why.locator(".summary")).to_contain_text(f"column {wanted}, row {row}")
    expect(why.get_by_role("list", name="Value of each action").get_by_role("listitem")).to_have_count(5)
    expect(why.get_by_role("list", name="What each meter adds").get_by_role("listitem")).to_have_count(6)
    other = why.get_by_role("button", name=re.compile("^Why not")).last
    name = (other.get_attribute("aria-label") or "").removeprefix("Why not ").removesuffix("?")
    other.click()
    expect(why.locator(".summary")).to_contain_text(f"rather than {name}")
    expect(why.locator("[data-test=flip]")).to_contain_text(name)
    when = page.get_by_role("region", name="When?", exact=True)
    when.get_by_label("Across").select_option(label="money")
    expect(when.locator(".summary")).to_contain_text("over all levels of money and hygiene")


def test_before_and_after_the_move_stand_side_by_side(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=650")
    panel = mind_of(page)
    panel.get_by_role("button", name="Before and after the move").click()
    for episode in (500, 700):
        town = panel.get_by_role("img", name=re.compile(f"^The town by the policy of episode {episode}"))
        expect(town).to_be_visible()
    expect(panel).to_contain_text(re.compile(r"would act differently in \d+ of 64 cells"))
    panel.get_by_label("Beside it").select_option(label="nothing")
    expect(panel.get_by_role("img", name=re.compile("^The town by the policy"))).to_have_count(1)


def test_a_watched_episode_says_what_was_expected_at_each_step(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=650")
    town = page.get_by_role("region", name="The town", exact=True)
    town.get_by_role("slider", name=re.compile("^Step")).fill("3")
    expected = re.compile(r"^Next: .*, expecting [−\d.e-]+; ")
    expect(town.locator("[data-test=expected]")).to_contain_text(expected)
    expect(town).to_contain_text(
        re.compile(r"are not what the policy of episode 600, the newest recorded by then")
    )
    # what was learnt after an episode does not judge it
    page.get_by_label("Episode looked at").fill("699")
    page.get_by_label("Episode looked at").press("Enter")
    expect(town).to_contain_text("the policy of episode 600, the newest recorded by then")


def test_every_panel_of_the_mind_is_also_words_and_a_table(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=650")
    mind_of(page)
    for title, rows in (("What would it do?", 65), ("Why this?", 12), ("When?", 2)):
        panel = page.get_by_role("region", name=title, exact=True)
        expect(panel.locator(".summary"), title).to_contain_text(re.compile(r"\d"))
        panel.get_by_role("button", name=f"{title} as a table").click()
        expect(panel.get_by_role("row").nth(rows - 1), title).to_be_visible()


def test_the_stream_shows_the_mind(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/stream?seconds=3", 1280, 720)
    slide = page.locator("[data-slide=mind]")
    expect(slide.get_by_role("img", name=re.compile("^The town by the policy"))).to_be_visible()
    expect(slide.get_by_role("slider")).to_have_count(0)


def test_another_town_has_its_own_needs_places_and_size(open_page: OpenPage, odd_town: str) -> None:
    page = open_page(odd_town)
    panel = mind_of(page)
    expect(panel.get_by_role("list", name="Needs to ask about").get_by_role("listitem")).to_have_count(2)
    expect(panel.get_by_role("button", name="Low on cheer")).to_be_visible()
    panel.get_by_role("button", name="Cold").click()
    expect(panel.get_by_role("slider", name="warmth")).to_have_attribute("aria-valuetext", "15%")
    expect(panel.locator(".summary")).to_contain_text(
        re.compile("^Cold, .*(144 cells|No cell leads anywhere)")
    )
    assert len(table_of(panel)) == 144
    when = page.get_by_role("region", name="When?", exact=True)
    expect(when.locator(".summary")).to_contain_text("over all levels of warmth and cheer")
