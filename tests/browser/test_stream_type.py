"""The stream is read on phones and televisions: how large its type is, and that nothing of it is cut."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ServeAt
from tests.support.logs import write_log
from tests.support.page_numbers import seek
from tests.support.page_text import drawn_texts
from tests.support.processes import run_successfully, unused_port
from tests.support.read_models import catch_up
from tests.support.synthetic import Scenario, generate_events
from tests.support.towns import SEVEN_STAGES, TOWNS

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
LEAST_SHARE = 20 / 1080
"""The smallest type, as a share of the height of the screen: 20 pixels of 1080."""
EVERYWHERE = {"survival", "garden path", "reward", "curiosity", "mind", "scorecard", "scorecard 2"}
SLIDES = [
    "survival",
    "hour",
    "garden path",
    "reward",
    "curriculum",
    "curiosity",
    "mind",
    "scorecard",
    "scorecard 2",
]
MAPS = ("visits", "novelty")
WIDE = f"""
extends: quick
training: {{num_episodes: 24, max_steps_per_episode: 1200, checkpoint_every: 10}}
population: {{num_agents: 8, hidden: 16}}
curriculum:
  stages:
{SEVEN_STAGES}
world:
  width: 16
  height: 6
  money_meter: null
  meters:
    - {{name: warmth, start: 1.0, drain: 0.01, vital: true}}
    - {{name: cheer, start: 1.0, drain: 0.005}}
  couplings: []
  affordances:
    - {{name: Stove, cell: [1, 1], effects: {{warmth: 0.5}}}}
    - {{name: HotSpring, cell: [2, 1], effects: {{warmth: 0.3, cheer: 0.3}}}}
    - {{name: Recreation, cell: [7, 5], effects: {{cheer: 0.3}}}}
"""


def write_slow_history(run_dir: Path) -> None:
    """A made-up run in the default town that took three hours."""
    timed = list(generate_events(Scenario(episodes=400, policy_hidden=(16,))))
    first, last = timed[0][1], timed[-1][1]
    write_log(
        run_dir / "events.db",
        [(event, first + (at - first) * 3.1 * 3600 / (last - first)) for event, at in timed],
    )
    catch_up(run_dir)


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory, serve: ServeAt) -> dict[str, str]:
    """Servers of the default town, of one of 12 × 12 cells, and of one of 16 × 6."""
    slow, port = tmp_path_factory.mktemp("slow"), unused_port()
    write_slow_history(slow)
    serve(slow, port)
    addresses = {"default": f"http://127.0.0.1:{port}"}
    for name, config in (("odd", TOWNS["odd"]), ("wide", WIDE)):
        folder: Path = tmp_path_factory.mktemp(name)
        (folder / "town.yaml").write_text(config)
        run_dir = folder / "run"
        run_successfully("producer", "run", "--config", folder / "town.yaml", "--run-dir", run_dir)
        catch_up(run_dir)
        port = unused_port()
        serve(run_dir, port)
        addresses[name] = f"http://127.0.0.1:{port}"
    return addresses


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720)])
@pytest.mark.parametrize(
    ("town", "more"), [("default", {"hour"}), ("odd", {"curriculum"}), ("wide", {"curriculum"})]
)
def test_all_type_is_large_and_nothing_is_cut(
    open_page: OpenPage, towns: dict[str, str], town: str, more: set[str], width: int, height: int
) -> None:
    page = open_page(f"{towns[town]}/stream?still", width, height)
    expect(page.locator("html[data-settled]")).to_be_attached()
    shown, small, cut = set(), [], []
    for number, slide in enumerate(SLIDES):
        explained = (number + height // 360) % 2 == 0
        seek(page, f"?still&slide={slide}{'&meaning' if explained else ''}&map={MAPS[number % 2]}")
        shown.add(str(page.locator("[data-slide]").get_attribute("data-slide")))
        texts = drawn_texts(page)
        assert len(texts) > 20
        small += [(slide, text.text, text.pixels) for text in texts if text.pixels < LEAST_SHARE * height]
        cut += [(slide, text.text, text.cut) for text in texts if text.cut]
    assert shown == EVERYWHERE | more
    assert small == []
    assert cut == []
    for part in ("section.town", ".side", "footer"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= height, part


def test_small_and_cut_text_would_be_found(open_page: OpenPage, towns: dict[str, str]) -> None:
    page = open_page(f"{towns['default']}/stream?still", 1280, 720)
    expect(page.locator("html[data-settled]")).to_be_attached()
    page.add_style_tag(content=".slide { max-height: 20px } .town h2 { font-size: 12px !important }")
    texts = drawn_texts(page)
    assert [text.pixels for text in texts if text.text == "Where it has been"] == [12.0]
    assert any(text.cut.startswith("block slide by") for text in texts)
