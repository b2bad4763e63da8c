"""The lectures of a pack in a browser: predict, draw, play, test, present; by keyboard, without a network."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from core.config import load_config
from core.events import Placement
from core.resources import TEACHING, find_config, resource_folder
from producer.environment.town import Town
from projections.engine.reader import ReadModel
from projections.pack.lectures import write
from projections.pack.lectures.game import town_of
from projections.pack.lectures.lecture import LECTURES
from projections.pack.lectures.material import gather
from projections.readmodels.run import read_run
from tests.support.accessibility import assert_accessible

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
SCRIPT = resource_folder(TEACHING) / "lectures/agent.js"
STEPS = 1_500


CONFIG = load_config(find_config(Path("quick")))
WORLD = CONFIG.world
LAYOUT = [Placement(name=place.name, x=place.cell[0], y=place.cell[1]) for place in WORLD.affordances]


@pytest.fixture(scope="module")
def lectures(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lectures on the history, with the town of quick.yaml: a synthetic log has none to be played."""
    folder = tmp_path_factory.mktemp("pack") / "lectures"
    model = ReadModel(history / "demo_state.db")
    with model.snapshot() as connection, pytest.MonkeyPatch.context() as patch:
        assert connection is not None
        material = gather(connection, [])
        played = town_of(msgspec.to_builtins(CONFIG), material.context["run"], LAYOUT, [("episode 1:", 90)])
        patch.setattr(write, "gather", lambda *_: msgspec.structs.replace(material, town=played))
        write.write_lectures(folder, connection, [])
    model.close()
    return folder


def address(lectures: Path, name: str, query: str = "") -> str:
    return (lectures / f"{name}.html").as_uri() + query


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_has_no_barrier_that_axe_finds(open_page: OpenPage, lectures: Path, scheme: str) -> None:
    page = open_page(address(lectures, "index"), offline=True, color_scheme=scheme)
    for name in ("index", *LECTURES, f"{LECTURES[0]}-notes"):
        page.goto(address(lectures, name))
        assert_accessible(page)
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.set_viewport_size({"width": 1280, "height": 720})


def test_a_prediction_is_drawn_by_keys_and_needs_a_reason(open_page: OpenPage, lectures: Path) -> None:
    page = open_page(address(lectures, "curriculum"), offline=True)
    figure = page.locator("figure.draw").first
    told, reveal = figure.locator("output"), page.locator("figure.draw + details")
    reveal.locator("summary").click()
    expect(reveal).not_to_have_attribute("open", "")
    expect(told).to_contain_text("Say first what you expect")
    show = figure.get_by_role("button", name="Show what happened")
    show.click()
    expect(told).to_contain_text("Draw a line first")
    chart = figure.get_by_role("slider")
    chart.focus()
    page.keyboard.press("ArrowUp")
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^episode 1: \d+ steps$"))
    page.keyboard.press("End")
    page.keyboard.press("PageDown")
    show.click()
    expect(told).to_contain_text("Write a reason first")
    figure.get_by_role("textbox").fill("They learn.")
    show.click()
    expect(told).to_contain_text("off on average")
    expect(reveal).to_have_attribute("open", "")
    expect(figure.locator(".gap")).to_have_count(1)
    figure.get_by_role("button", name="Draw again").click()
    expect(figure.locator(".gap")).to_have_count(0)


def test_a_line_that_follows_the_curve_is_hardly_off(open_page: OpenPage, lectures: Path) -> None:
    page = open_page(address(lectures, "curriculum"), offline=True)
    figure = page.locator("figure.draw").first
    figure.scroll_into_view_if_needed()
    curve = figure.evaluate("figure => JSON.parse(figure.dataset.curve)")
    box = figure.locator("svg").bounding_box()
    assert box is not None
    frame, scale = curve["frame"], box["width"] / 720

    def point(episode: float, value: float) -> tuple[float, float]:
        part = (episode - curve["first"]) / (curve["last"] - curve["first"])
        x = frame["left"] + part * (frame["right"] - frame["left"])
        y = frame["bottom"] - value / curve["high"] * (frame["bottom"] - frame["top"])
        return box["x"] + x * scale, box["y"] + y * scale

    page.mouse.move(*point(*curve["points"][0]))
    page.mouse.down()
    for episode, value in curve["points"][1:]:
        page.mouse.move(*point(episode, value))
    page.mouse.up()
    figure.get_by_role("textbox").fill("I have seen it before.")
    figure.get_by_role("button", name="Show what happened").click()
    told = figure.locator("output").inner_text()
    off = re.search(r"is (\d+) steps off", told)
    assert off is not None, told
    assert int(off[1]) <= 0.06 * curve["high"], told


def test_an_episode_is_played_to_its_end_by_keys(open_page: OpenPage, lectures: Path) -> None:
    page = open_page(address(lectures, "exploration"), offline=True)
    agent = page.get_by_role("application")
    agent.focus()
    told, count = agent.locator("output"), agent.locator(".count")
    limit = int(count.inner_text().rpartition(" ")[2])
    for _ in range(limit):
        page.keyboard.press("ArrowUp")
        if "You lived" in told.inner_text():
            break
    expect(told).to_contain_text("In the run: episode 1:")
    expect(agent.get_by_role("button", name="Use")).to_be_disabled()
    page.get_by_text("Beside the agents of this run").click()
    expect(page.get_by_text("You are quicker than a network")).to_be_visible()
    agent.get_by_role("button", name="A new episode").click()
    expect(count).to_have_text(f"step 0 of {limit}")


def test_the_town_of_the_page_is_the_town_of_the_agents(open_page: OpenPage, history: Path) -> None:
    model = ReadModel(history / "demo_state.db")
    with model.snapshot() as connection:
        assert connection is not None
        run = read_run(connection)
    model.close()
    assert run is not None
    town = Town(WORLD, CONFIG.curriculum.stages, 1, run.max_steps, seed=3)
    town.set_stage(len(CONFIG.curriculum.stages))
    town.reset()
    played = town_of(msgspec.to_builtins(CONFIG), run, LAYOUT, [])
    assert played is not None
    page = open_page("about:blank", offline=True)
    page.add_script_tag(content=SCRIPT.read_text())
    page.evaluate("town => { window.town = town; }", played)
    draws = np.random.default_rng(3)
    used = 0
    for _ in range(STEPS):
        before = town.observation()
        cell, meters = int(before.cell[0]), before.meters[0].tolist()
        here = int(before.affordance_here[0]) < len(WORLD.affordances)
        action = 4 if here and draws.random() < 0.7 else int(draws.integers(5))
        step = town.step(torch.tensor([action]))
        given = page.evaluate(
            "([cell, meters, action]) => townStep(town, { cell, meters }, action)", [cell, meters, action]
        )
        assert given["cell"] == int(step.cell[0])
        assert given["meters"] == pytest.approx(step.meters[0].tolist(), abs=1e-5)
        index = int(step.affordance_used[0])
        assert given["used"] == (WORLD.affordances[index].name if index >= 0 else None)
        cause = int(step.cause[0])
        assert given["cause"] == (WORLD.meters[cause].name if cause >= 0 else None)
        used += index >= 0
    assert used > 50


def test_the_test_counts_before_and_explains_after(open_page: OpenPage, lectures: Path) -> None:
    page = open_page(address(lectures, "generalisation"), offline=True)
    before, after = page.locator("form[data-when=before]"), page.locator("form[data-when=after]").last
    before.get_by_role("button").click()
    expect(before.locator("output")).to_contain_text("6 of 6 questions have no answer yet")
    for i in range(6):
        before.locator("fieldset").nth(i).locator("input[value=wrong]").first.check()
        after.locator("fieldset").nth(i).locator("input[value=right]").check()
    before.get_by_role("button").click()
    expect(before.locator("output")).to_have_text("Kept until the end of the lecture.")
    after.locator("fieldset").first.locator("input[value=wrong]").first.check()
    after.get_by_role("button").click()
    expect(after.locator("output")).to_have_text("5 of 6 are right. Before the lecture: 0.")
    expect(after.locator(".why:visible")).to_have_count(1)


def test_a_projector_shows_one_scene_at_a_time(open_page: OpenPage, lectures: Path) -> None:
    page = open_page(address(lectures, "emergence", "?present"), 1280, 720, offline=True)
    shown = page.locator("section.scene:visible")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("Two questions on the last lecture")
    page.keyboard.press("ArrowRight")
    expect(shown).to_contain_text("Before we begin")
    page.keyboard.press("Escape")
    expect(shown.nth(3)).to_be_visible()


def test_without_a_script_everything_can_be_read(open_page: OpenPage, lectures: Path) -> None:
    page = open_page(address(lectures, "generalisation"), offline=True, java_script_enabled=False)
    reveal = page.locator("details.reveal").first
    reveal.locator("summary").click()
    expect(reveal).to_have_attribute("open", "")


def test_a_handout_has_questions_and_no_buttons(open_page: OpenPage, lectures: Path) -> None:
    page = open_page(address(lectures, "exploration"), offline=True)
    page.emulate_media(media="print")
    expect(page.get_by_text("An agent always takes the action").first).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.locator("details.reveal:visible")).to_have_count(0)
