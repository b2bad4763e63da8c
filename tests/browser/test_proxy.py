"""The page behind a real nginx: under a path of its own, and where the proxy is set up wrongly."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import make_history
from tests.support.processes import Process
from tests.support.proxy import HOST, UPGRADE, nginx

pytestmark = pytest.mark.browser


def test_under_a_path_the_page_connects_and_its_links_stay_below_it(
    tmp_path: Path,
    free_port: int,
    serve: Callable[[Path, int], Process],
    open_page: Callable[..., Page],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HAMLET_ROOT_PATH", "/hamlet")
    make_history(tmp_path / "run", 60)
    serve(tmp_path / "run", free_port)
    with nginx(tmp_path / "nginx", f"127.0.0.1:{free_port}", {"/hamlet/": HOST + UPGRADE}) as address:
        page = open_page(f"http://{address}/hamlet/")
        expect(page.locator("[data-test=connection]")).to_have_text("Connected")
        page.get_by_role("link", name="Gallery").click()
        expect(page).to_have_url(f"http://{address}/hamlet/gallery")
        expect(page.locator("[data-test=connection]")).to_have_text("Connected")


@pytest.mark.parametrize(
    ("directives", "problem"),
    [(HOST, "pass the headers Upgrade and Connection"), (UPGRADE, "start the server with --allow-origin")],
    ids=["no upgrade", "no host"],
)
def test_the_page_says_what_is_wrong_with_the_proxy(
    tmp_path: Path,
    free_port: int,
    serve: Callable[[Path, int], Process],
    open_page: Callable[..., Page],
    directives: str,
    problem: str,
) -> None:
    make_history(tmp_path / "run", 60)
    serve(tmp_path / "run", free_port)
    with nginx(tmp_path / "nginx", f"127.0.0.1:{free_port}", {"/": directives}) as address:
        page = open_page(f"http://{address}/", forgiving=True)
        expect(page.locator("body")).to_contain_text(re.compile(problem))
