"""The frozen dashboard: opened as a file with the network cut, in Chromium and Firefox, and from a host."""

import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.firefox import find_firefox, firefox
from tests.support.processes import run_successfully

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pack(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack of the history."""
    out = tmp_path_factory.mktemp("frozen") / "pack"
    run_successfully("projections", "pack", "--run-dir", history, "--out", out)
    return out


@pytest.fixture(scope="module")
def index(pack: Path) -> str:
    return (pack / "dashboard/index.html").as_uri()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def hosted(pack: Path) -> Iterator[str]:
    """A static host below a path that shows the pack."""
    handler = functools.partial(Quiet, directory=pack.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as host:
        threading.Thread(target=host.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{host.server_port}/pack/dashboard/"
        host.shutdown()


def test_every_panel_shows_any_moment_without_a_network(open_page: Callable[..., Page], index: str) -> None:
    page = open_page(f"{index}#/?episode=700&still=page", offline=True)
    page.wait_for_selector("html[data-settled='700']", state="attached")
    assert page.locator(".panel, section").count() > 15
    assert page.get_by_text("cannot be loaded").count() == 0
    assert page.get_by_text("does not hold").count() == 0
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_selector("html[data-settled='700']", state="attached")
    assert any(url.endswith(".js") for url in asked)
    assert all(url.startswith("file:") for url in asked)


def test_history_is_sought_and_goes_back(open_page: Callable[..., Page], index: str) -> None:
    page = open_page(index, offline=True)
    moment = page.get_by_label("Episode looked at")
    expect(moment).to_have_value("1,200")
    moment.fill("650")
    moment.press("Enter")
    expect(moment).to_have_value("650")
    page.wait_for_url("**#/?episode=650")
    page.go_back()
    expect(moment).to_have_value("1,200")


def test_it_says_what_is_live_and_what_is_frozen(open_page: Callable[..., Page], index: str) -> None:
    page = open_page(index, offline=True)
    page.locator("[data-test=frozen]").click()
    notice = page.locator(".frozen .about")
    expect(notice).to_contain_text("A recorded server")
    expect(notice).to_contain_text("Frozen: as of the end of the copy")
    expect(page.get_by_role("link", name="Gallery")).to_have_count(0)


def test_a_chart_can_be_zoomed(open_page: Callable[..., Page], index: str) -> None:
    page = open_page(f"{index}#/?episode=650&zoom=600-700&still", offline=True)
    page.wait_for_selector("html[data-settled='650']", state="attached")
    expect(page.locator("#survival")).to_contain_text("700")


def test_an_exercise_explains_a_known_mistake(open_page: Callable[..., Page], pack: Path) -> None:
    page = open_page((pack / "exercises.html").as_uri(), offline=True)
    known = page.evaluate("exercises[0]")
    section = page.locator("section").first
    expect(section.locator("details")).to_be_hidden()
    given, told = section.get_by_role("textbox"), section.locator("output")
    given.fill(str(known["mistakes"][0]["value"]))
    given.press("Enter")
    expect(told).to_contain_text(known["mistakes"][0]["words"])
    given.fill(str(known["value"]))
    given.press("Enter")
    expect(told).to_have_text("Right.")
    expect(section.locator("details")).to_be_visible()


def test_a_missing_chunk_is_named(open_page: Callable[..., Page], pack: Path, tmp_path: Path) -> None:
    alone = tmp_path / "index.html"
    page_text = (pack / "dashboard/index.html").read_text()
    alone.write_text(page_text)
    page = open_page(alone.as_uri(), offline=True, forgiving=True)
    expect(page.locator("#app")).to_contain_text("unpack the whole folder")


def test_a_static_host_shows_it(open_page: Callable[..., Page], hosted: str) -> None:
    page = open_page(f"{hosted}#/?episode=700&still")
    page.wait_for_selector("html[data-settled='700']", state="attached")


def test_firefox_opens_it_from_a_file(index: str, tmp_path: Path) -> None:
    program = find_firefox()
    if program is None:
        pytest.skip("no Firefox here; install it with `configs/setup/install-missing.sh firefox-esr`")
    with firefox(program, tmp_path) as browser:
        page = browser.new_page()
        page.open(f"{index}#/?episode=700&still")
        page.wait_for("document.documentElement.dataset.settled === '700'")
        assert browser.complaints == []
