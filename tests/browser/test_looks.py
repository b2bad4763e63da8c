"""Light and dark, phone to wall, keyboard alone, screen readers: what axe finds, and what it cannot."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ServeAt
from tests.support.accessibility import assert_accessible

pytestmark = pytest.mark.browser

Api = Callable[[str], Any]
OpenPage = Callable[..., Page]
PICTURE = bytes.fromhex("47494638396101000100800000ffffff0000002c00000000010001000002024401003b")
"""A GIF of one white pixel."""
LIGHT, DARK = "rgb(252, 251, 248)", "rgb(20, 21, 25)"


def superseded_attempts(api: Api) -> list[dict[str, Any]]:
    """The attempts of which a later one took a part away."""
    return [attempt for attempt in api("attempts") if attempt["kept_until"] < attempt["last_episode"]]


def ready(page: Page) -> None:
    """Wait until the heaviest part of the dashboard is drawn."""
    expect(page.locator(".chart")).to_have_count(3)
    expect(page.get_by_role("heading", name="Survival")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        "/", "/?episode=601&compare=560,640", "/?tour=4&map=novelty",
        "/?episode=601&x=hours&log=survival&zoom=400-900",
        "/?present=town", "/?present=survival", "/?present=scorecard", "/gallery", "/stream", "/nowhere",
    ],
)  # fmt: skip
def test_axe_finds_nothing(open_page: OpenPage, address: str, path: str, scheme: str) -> None:
    page = open_page(f"{address}{path}", color_scheme=scheme, forgiving=path == "/nowhere")
    if (path.startswith("/?") or path == "/") and "present" not in path:
        ready(page)
        for button in page.get_by_role("button", name="?", exact=False).all():
            if button.inner_text() == "?":
                button.click()
    else:
        expect(page.get_by_role("main")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/gallery", "/stream"])
def test_axe_finds_nothing_before_a_run_has_begun(
    open_page: OpenPage, tmp_path: Path, free_port: int, serve: ServeAt, path: str, scheme: str
) -> None:
    serve(tmp_path, free_port)
    page = open_page(f"http://127.0.0.1:{free_port}{path}", color_scheme=scheme)
    asleep = page.get_by_role("heading", name="The town is still asleep")
    expect(page.get_by_role("heading", name="Exports") if path == "/gallery" else asleep).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_menus_and_where_a_superseded_episode_is_looked_at(
    open_page: OpenPage, address: str, api: Api, scheme: str
) -> None:
    lost = next(a for a in superseded_attempts(api))
    episode = lost["kept_until"] + 1
    page = open_page(
        f"{address}/?episode={episode}&compare={episode},{episode}@{lost['attempt']}", color_scheme=scheme
    )
    ready(page)
    expect(page.get_by_text(f"of superseded attempt {lost['attempt']}")).to_be_visible()
    page.get_by_role("button", name="Survival: axes, smoothing, saving").click()
    expect(page.get_by_role("group", name="Survival: axes, smoothing, saving")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_tables_dialog_and_loops(open_page: OpenPage, address: str, scheme: str) -> None:
    page = open_page(f"{address}/?episode=601&loop=600-640", color_scheme=scheme)
    ready(page)
    page.get_by_role("button", name="Superseded").click()
    for table in page.get_by_role("button", name="as a table").all():
        table.click()
    assert_accessible(page)
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_accessible(page)


def test_axe_finds_nothing_on_a_phone_and_fingers_find_everything(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=601", 390, 844, has_touch=True, is_mobile=True)
    ready(page)
    page.get_by_role("button", name="More controls of the timeline").tap()
    assert_accessible(page)
    low = """[...document.querySelectorAll('button')].filter(node => node.offsetParent
        && node.getBoundingClientRect().height < 44 && !node.matches('.superseded'))
        .map(node => node.outerHTML.slice(0, 120))"""
    assert page.evaluate(low) == []


def shows(page: Page, background: str) -> None:
    expect(page.locator("body")).to_have_css("background-color", background)


def test_dark_by_preference_by_switch_and_remembered(open_page: OpenPage, address: str) -> None:
    shows(open_page(address, color_scheme="dark"), DARK)
    page = open_page(address, color_scheme="light")
    shows(page, LIGHT)
    page.get_by_role("button", name="Switch to dark colours").click()
    shows(page, DARK)
    page.reload()
    expect(page.get_by_role("button", name="Switch to light colours")).to_be_visible()
    shows(page, DARK)


@pytest.mark.parametrize("width", [320, 375, 768, 2560])
@pytest.mark.parametrize("path", ["/?compare=560,640", "/gallery"])
def test_no_screen_has_to_be_scrolled_sideways(
    open_page: OpenPage, address: str, width: int, path: str
) -> None:
    page = open_page(f"{address}{path}", width, 812)
    if path.startswith("/?"):
        ready(page)
        expect(page.get_by_role("img", name=re.compile("^Right: Episode"))).to_be_visible()
    else:
        expect(page.get_by_role("heading", name="Exports")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_keyboard_reaches_everything(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    ready(page)
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText.trim()"
            )
        )
    wanted = {
        "Moment of the run", "Play history", "Novelty", "Whole run", "Survival as a table",
        "Step of this episode", "Before and after the move", "Switch to dark colours",
    }  # fmt: skip
    assert wanted <= reached


def test_every_chart_is_also_words_and_a_table(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    ready(page)
    for title in ("The town", "Survival", "Reward, decomposed", "Curiosity", "Garden path"):
        panel = page.get_by_role("region", name=title, exact=True)
        expect(panel.locator("p.summary"), title).to_contain_text(re.compile(r"\d"))
        panel.get_by_role("button", name=f"{title} as a table").click()
        expect(panel.get_by_role("row").nth(5), title).to_be_visible()


def test_who_prefers_stillness_gets_it_and_goes_on_step_by_step(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/?episode=700", reduced_motion="reduce")
    caption = page.get_by_text(re.compile(r"^Episode 700, agent"))
    expect(caption).to_contain_text("step 0 of")
    transport = page.get_by_role("group", name="Watching one episode")
    expect(transport.get_by_role("button", name="Play this episode")).to_be_visible()
    walker = page.locator("g.walker").first
    assert walker.evaluate("node => getComputedStyle(node).transitionDuration") == "0s"
    transport.get_by_role("button", name="One step on").click()
    expect(caption).to_contain_text("step 1 of")


def test_pressed_buttons_are_seen_in_the_colours_a_reader_has_chosen(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(address, forced_colors="active")
    colour = "node => getComputedStyle(node).backgroundColor"
    pressed, other = (page.get_by_role("button", name=name, exact=True) for name in ("Visits", "Novelty"))
    expect(pressed).to_have_attribute("aria-pressed", "true")
    assert pressed.evaluate(colour) != other.evaluate(colour)


def test_what_is_printed_can_be_read_and_holds_no_controls(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    ready(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("slider", name="Moment of the run")).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("heading", name="Survival")).to_be_visible()


def test_the_novelty_picture_is_fetched_when_the_reader_comes_near(open_page: OpenPage, address: str) -> None:
    page = open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    gif = {"name": "novelty_1.gif", "bytes": 1, "first": 1, "last": 50, "made_at": 0.0}
    page.route("**/api/gallery", lambda route: route.fulfill(json={"updated_at": 0.0, "gifs": [gif]}))
    page.route("**/snapshots/*.gif", lambda route: route.fulfill(body=PICTURE, content_type="image/gif"))
    page.goto(address)
    ready(page)
    panel = page.get_by_role("region", name="Boredom spreading")
    expect(panel).to_contain_text("Episodes 1 to 50")
    assert [url for url in asked if url.endswith(".gif")] == []
    panel.scroll_into_view_if_needed()
    expect(panel.get_by_role("img")).to_be_visible()
    assert len([url for url in asked if url.endswith(".gif")]) == 1
