"""Whatever page is open, the browser talks to the page's own server and to nobody else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

OpenPage = Callable[..., Page]


@pytest.mark.parametrize("path", ["/", "/stream", "/gallery", "/?episode=300"])
def test_the_page_makes_no_request_to_anywhere_else(browser: Browser, address: str, path: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda connection: asked.append(connection.url))
        page.goto(address + path, wait_until="networkidle")
        expect(page.locator("main, body > *").first).to_be_visible()
    own = (address + "/", address.replace("http:", "ws:") + "/", "data:", "blob:")
    assert len(asked) >= 3
    assert [url for url in asked if not url.startswith(own)] == []


def test_a_page_that_tried_would_be_stopped(open_page: OpenPage, address: str) -> None:
    """The policy is what keeps that true of code nobody has looked at."""
    page = open_page(f"{address}/", forgiving=True)
    told = page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective));
            fetch("http://127.0.0.1:9/").catch(() => {});
        })"""
    )
    assert told == "connect-src"
