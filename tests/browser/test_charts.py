"""What a researcher does with a chart: smoothing, axes, zoom by keys and fingers, and files to take along."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

Api = Callable[[str], Any]
OpenPage = Callable[..., Page]
SENTENCE = "p.summary"


def survival(page: Page) -> Locator:
    """The panel of survival, once its curves are drawn."""
    panel = page.get_by_role("region", name="Survival", exact=True)
    expect(panel.locator(".chart svg path").first).to_be_visible()
    expect(panel.locator(SENTENCE)).to_contain_text("steps")
    return panel


def open_menu(panel: Locator) -> Locator:
    panel.get_by_role("button", name="Survival: axes, smoothing, saving").click()
    menu = panel.get_by_role("group", name="Survival: axes, smoothing, saving")
    expect(menu).to_be_visible()
    return menu


def saved(page: Page, button: Locator, folder: Path) -> Path:
    with page.expect_download() as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_chart_is_taken_along_as_png_svg_and_csv(
    open_page: OpenPage, address: str, api: Api, tmp_path: Path
) -> None:
    page = open_page(f"{address}/?zoom=101-600")
    panel = survival(page)
    menu = open_menu(panel)
    files = {
        kind: saved(page, menu.get_by_role("button", name=kind, exact=True), tmp_path)
        for kind in ("PNG", "SVG", "CSV")
    }
    assert {path.name for path in files.values()} == {
        f"hamlet-survival-101-600.{k}" for k in ("png", "svg", "csv")
    }
    with Image.open(files["PNG"]) as picture:
        assert picture.width > 400
        assert picture.height > 200
        colours = picture.convert("RGB").getcolors(maxcolors=1 << 20)
    assert colours is not None
    assert len(colours) > 20, "a chart has a curve, axes and text: more than a few colours"
    drawing = ElementTree.fromstring(files["SVG"].read_text())
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert "Survival" in "".join(drawing.itertext())
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}path"))) >= 3, (
        "the band, the mean and the random policy"
    )
    rows = list(csv.DictReader(io.StringIO(files["CSV"].read_text())))
    series = api("series?metric=survival_time&first=101&last=600&points=2000")
    assert len(rows) > 100
    exact = dict(zip(series["first"], series["mean"], strict=True))
    columns = list(rows[0])
    for row in rows[:: len(rows) // 20]:
        first, last = int(row[columns[0]]), int(row[columns[1]])
        mean = sum(exact[episode] for episode in range(first, last + 1)) / (last - first + 1)
        assert float(row[columns[2]]) == pytest.approx(mean, rel=1e-6)


def test_smoothing_axes_and_zoom_are_in_the_address(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    panel = survival(page)
    menu = open_menu(panel)
    for name, episodes, words in (
        ("1 episode", 1, "not smoothed"),
        ("10", 10, "mean of the last 10 episodes"),
        ("500", 500, "mean of the last 500 episodes"),
    ):
        menu.get_by_role("radio", name=name, exact=True).check()
        expect(panel.locator(".legend")).to_contain_text(words)
        page.wait_for_url(re.compile(rf"smooth={episodes}\b"))
    menu.get_by_role("radio", name="100", exact=True).check()
    expect(panel.locator(".legend")).to_contain_text("mean of the last 100 episodes")
    page.wait_for_url(lambda url: "smooth" not in url)
    for axis, key in (("agent steps", "steps"), ("hours", "hours"), ("episodes", None)):
        menu.get_by_role("radio", name=axis, exact=True).check()
        page.wait_for_url(lambda url, key=key: (f"x={key}" in url) if key else "x=" not in url)
    menu.get_by_role("checkbox", name="logarithmic upwards").check()
    expect(panel.locator(".below .unit")).to_have_text("steps, log scale")
    page.wait_for_url(re.compile("log=survival"))
    menu.get_by_role("spinbutton", name="from").fill("200")
    menu.get_by_role("spinbutton", name="from").press("Enter")
    page.wait_for_url(re.compile("zoom=200-"))
    page.reload()
    survival(page)
    expect(page.get_by_role("button", name="Whole run", exact=True).first).to_be_visible()
    expect(panel.locator(".below .unit")).to_have_text("steps, log scale")


def test_keys_seek_and_zoom_in_a_chart(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    panel = survival(page)
    chart = panel.locator(".chart")
    chart.focus()
    page.keyboard.press("ArrowLeft")
    expect(panel.locator(SENTENCE)).to_contain_text(
        re.compile(r"^Episode [\d,]+: \d+ steps on average over 100")
    )
    page.keyboard.press("+")
    page.wait_for_url(re.compile(r"zoom=\d+-\d+"))
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "zoom" not in url)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=moment]")).to_contain_text("Looking at")


def test_two_fingers_zoom_the_charts(open_page: OpenPage, address: str) -> None:
    page = open_page(address, 390, 844, has_touch=True, is_mobile=True)
    panel = survival(page)
    chart = panel.locator(".chart")
    chart.scroll_into_view_if_needed()
    chart.evaluate("node => node.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = chart.bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    x, y, wide = box["x"], box["y"] + 100, box["width"]

    def touch(kind: str, *fractions: float) -> None:
        points = [{"x": x + wide * at, "y": y, "id": i} for i, at in enumerate(fractions)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0.5)
    touch("touchStart", 0.5, 0.6)
    for at in (0.45, 0.4, 0.35, 0.3):
        touch("touchMove", at, 1.1 - at)
    touch("touchEnd")
    page.wait_for_url(re.compile(r"zoom=\d+-\d+"))


def test_the_garden_path_is_read_by_keys(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    panel = page.get_by_role("region", name="Garden path")
    sentence = panel.locator(SENTENCE)
    expect(sentence).to_contain_text("%")
    panel.get_by_role("img", name=re.compile("^Garden path")).focus()
    said = set()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        expect(sentence).to_contain_text(re.compile(r": [\d,]+ times, first in episode [\d,]+\.$"))
        said.add(sentence.inner_text())
    assert len(said) == 3
    page.keyboard.press("Escape")
    expect(sentence).to_contain_text("%")
