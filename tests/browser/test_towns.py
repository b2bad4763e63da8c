"""Any town: its shape, stages, meters and affordances come from the run, and the page shows them."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ServeAt
from tests.support.processes import run_successfully, unused_port
from tests.support.read_models import catch_up

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
STAGES = 7
WIDTH, HEIGHT = 5, 12
MOVED_AT = 22
CONFIG = f"""
extends: quick.yaml
training: {{num_episodes: 24, randomize_affordances_at: {MOVED_AT}}}
curriculum:
  stages:
{
    "".join(
        f'''    - name: Lesson {n}
      meaning: What lesson {n} teaches
      active_meters: [warmth]
      depletion: 1.0
      reward: shaped
'''
        for n in range(1, STAGES + 1)
    )
}
world:
  width: {WIDTH}
  height: {HEIGHT}
  money_meter: null
  meters:
    - {{name: warmth, start: 1.0, drain: 0.01, vital: true}}
    - {{name: cheer, start: 1.0, drain: 0.005}}
  couplings: []
  affordances:
    - {{name: Stove, cell: [1, 1], effects: {{warmth: 0.5}}}}
    - {{name: HotSpring, cell: [4, 11], effects: {{warmth: 0.3, cheer: 0.3}}}}
"""


@pytest.fixture(scope="module")
def tall_town(tmp_path_factory: pytest.TempPathFactory, serve: ServeAt) -> str:
    """The server of a short run in a narrow, tall town with seven lessons."""
    folder = tmp_path_factory.mktemp("tall")
    config = Path("configs/townlet/quick.yaml").resolve().parent
    (folder / "tall.yaml").write_text(CONFIG.replace("extends: quick.yaml", f"extends: {config}/quick.yaml"))
    run_dir = folder / "run"
    run_successfully("producer", "run", "--config", folder / "tall.yaml", "--run-dir", run_dir)
    catch_up(run_dir)
    port = unused_port()
    serve(run_dir, port)
    return f"http://127.0.0.1:{port}"


def test_stages_meters_and_places_are_those_of_the_run(open_page: OpenPage, tall_town: str) -> None:
    page = open_page(tall_town)
    expect(page.locator("main dl").first).to_contain_text(re.compile(rf"Stage\s*1\s*of {STAGES}"))
    lessons = page.get_by_role("region", name="Curriculum").get_by_role("listitem")
    expect(lessons).to_have_count(STAGES)
    expect(lessons.nth(STAGES - 1)).to_contain_text(f"What lesson {STAGES} teaches")
    expect(page.locator("[aria-current=step]")).to_have_count(1)
    meters = page.get_by_role("list", name="Meters").first.get_by_role("listitem")
    expect(meters).to_have_text([re.compile("warmth", re.I), re.compile("cheer", re.I)])
    town = page.get_by_role("img", name=re.compile("^The town"))
    expect(town).to_have_attribute("aria-label", re.compile(r"HotSpring in column \d+, row \d+"))


def test_an_episode_walks_in_the_town_as_it_was_then(open_page: OpenPage, tall_town: str) -> None:
    """The last episodes of a finished run go round on the map; some of them ended before the places moved."""
    with urlopen(f"{tall_town}/api/replay/{MOVED_AT}", timeout=120) as answer:
        before = json.load(answer)["layout"]
    with urlopen(f"{tall_town}/api/state", timeout=120) as answer:
        assert json.load(answer)["layout"] != before
    page = open_page(tall_town)
    transport = page.get_by_role("group", name="Watching one episode")
    transport.get_by_role("combobox").select_option("30")
    places = "; ".join(f"{p['name']} in column {p['x'] + 1}, row {p['y'] + 1}" for p in before)
    expect(page.get_by_role("img", name=re.compile("^The town"))).to_have_attribute(
        "aria-label", re.compile(re.escape(places)), timeout=180_000
    )


@pytest.mark.parametrize(
    ("path", "width", "height"), [("/", 1280, 720), ("/stream", 1280, 720), ("/stream", 1920, 1080)]
)
def test_a_tall_town_fits_the_screen(
    open_page: OpenPage, tall_town: str, path: str, width: int, height: int
) -> None:
    page = open_page(tall_town + path, width, height)
    town = page.locator(".town-map svg").first
    expect(town).to_be_visible()
    town.scroll_into_view_if_needed()
    box, meters = town.bounding_box(), page.get_by_role("list", name="Meters").first.bounding_box()
    assert box is not None
    assert meters is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height
    if path == "/stream":
        assert box["y"] + box["height"] <= meters["y"]
        assert meters["y"] + meters["height"] <= height
