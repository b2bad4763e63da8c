"""What the first look at the page waits for, on a line that is slow or lets no WebSocket through."""

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import EPISODES, TIMEOUT_MS

pytestmark = pytest.mark.browser


def test_the_headline_waits_for_no_panel_and_no_websocket(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        held: list[Route] = []
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.route("**/assets/panels-*", lambda route: held.append(route))
        page.route_web_socket("**/ws", lambda _: None)
        page.goto(address, wait_until="commit")
        expect(page.locator("main dl dd").first).to_contain_text(f"{EPISODES:,}")
        expect(page.locator("#survival")).to_have_count(0)
        for route in held:
            route.continue_()
        expect(page.locator("#survival .curves path[d]").first).to_be_attached()
        # the answer that index.html asks for is the one that the page reads
        assert asked.count(f"{address}/api/newest") == 1


def test_the_charts_wait_for_nothing_below_them(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        expect(page.locator("#mind")).to_be_attached()
        first_look = next(i for i, url in enumerate(asked) if "/LowerPanels-" in url)
        for metric in ("survival_time", "total_reward", "epsilon"):
            assert any(f"metric={metric}" in url for url in asked[:first_look])
        assert not any("/api/policy" in url for url in asked[:first_look])
