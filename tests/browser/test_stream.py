"""The page for OBS: it fits its screen, cycles through the layers and comes back from a dead server."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ENDLESS_RUN, ServeAt
from tests.support.processes import Start, end

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
ROUNDS_MS = 90_000
"""Several rounds of the slides: one that came and went unseen comes again."""


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720)])
def test_nothing_is_cut_off(open_page: OpenPage, address: str, width: int, height: int) -> None:
    page = open_page(f"{address}/stream?seconds=3", width, height)
    expect(page.locator("[data-slide=survival] .chart")).to_be_visible()
    root = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert root == [width, height]
    for part in ("section.town", ".side .headline", "footer"):
        box = page.locator(part).bounding_box()
        assert box is not None, part
        assert box["x"] >= 0
        assert box["y"] >= 0, part
        assert box["x"] + box["width"] <= width, part
        assert box["y"] + box["height"] <= height, part
    expect(page.get_by_role("button")).to_have_count(0)


def test_from_a_phone_there_is_a_way_back(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/stream", 1280, 720)
    expect(page.locator("section.town")).to_be_visible()
    back = page.get_by_role("link", name="Whole page")
    expect(back).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    back.click()
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()


def test_it_goes_through_the_layers_by_itself(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/stream?seconds=3", 1920, 1080)
    for slide in ("survival", "garden path", "reward", "curiosity", "scorecard", "scorecard 2"):
        expect(page.locator(f"[data-slide='{slide}']")).to_be_visible(timeout=ROUNDS_MS)
    for layer in ("What is still new to it", re.compile("^Where it has been")):
        expect(page.get_by_role("heading", name=layer)).to_be_visible(timeout=ROUNDS_MS)


def test_it_can_be_laid_over_another_picture(open_page: OpenPage, address: str) -> None:
    for query, background in (("transparent=1", "rgba(0, 0, 0, 0)"), ("theme=dark", "rgb(20, 21, 25)")):
        page = open_page(f"{address}/stream?{query}")
        expect(page.locator("body")).to_have_css("background-color", background)


def test_it_announces_what_happens_and_survives_its_server(
    tmp_path: Path,
    free_port: int,
    serve: ServeAt,
    open_page: OpenPage,
    start: Start,
) -> None:
    server = serve(tmp_path, free_port)
    page = open_page(f"http://127.0.0.1:{free_port}/stream", 1920, 1080, forgiving=True)
    expect(page.get_by_role("heading", name="The town is still asleep")).to_be_visible()
    server.send_signal(signal.SIGKILL)
    server.wait(timeout=120)
    serve(tmp_path, free_port)
    start("projections", "run", "--run-dir", tmp_path)
    trainer = start("producer", "run", "--run-dir", tmp_path, *ENDLESS_RUN)
    expect(page.get_by_text("LIVE", exact=True)).to_be_visible(timeout=120_000)
    assert trainer.poll() is None
    end(trainer)
    expect(page.get_by_text("Training has ended")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("PAUSED", exact=True)).to_be_visible()
    finished = re.search(r"episode (\d+)", page.locator("[role=status].banner").inner_text())
    assert finished is not None
    expect(page.locator("footer")).to_contain_text(f"{int(finished[1]):,} of 1,000,000")
