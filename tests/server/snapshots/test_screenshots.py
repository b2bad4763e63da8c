"""Pictures from a real Chromium, and what a browser that hangs or dies costs."""

import asyncio
import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import psutil
import pytest
from PIL import Image

from core.process.memory import MemorySettings
from core.run_directory import in_folder
from server.snapshots.screenshots import ScreenshotBrowser, ScreenshotError, still_address
from server.snapshots.settings import SnapshotSettings
from server.snapshots.worker import Worker
from tests.support.servers import Serve

pytestmark = pytest.mark.browser
COMMANDS = Path(sys.executable).parent
Result = TypeVar("Result")


def all_browsers() -> list[psutil.Process]:
    """Chromium processes that descend from this one."""
    found = []
    for child in psutil.Process().children(recursive=True):
        # one may end between the list and the look
        with contextlib.suppress(psutil.NoSuchProcess):
            if "chrom" in child.name().lower() and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child)
    return found


@pytest.fixture
def browsers() -> Callable[[], list[psutil.Process]]:
    """Those that the test has started: another suite's browser may be open in this process."""
    others = {process.pid for process in all_browsers()}
    return lambda: [process for process in all_browsers() if process.pid not in others]


def run(scenario: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a scenario on an event loop in a thread of its own: Playwright's may occupy this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(scenario())).result()


def test_a_screenshot_shows_the_dashboard_once_it_has_a_state(run_dir: Path, serve: Serve) -> None:
    address = serve(run_dir)
    made = subprocess.run(
        [COMMANDS / "server", "snapshots", "--run-dir", run_dir, "--once", "screenshot"],
        env=os.environ | {"HAMLET_BROWSER_URL": f"http://{address}/"},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with Image.open(run_dir / "snapshots" / made.stdout.strip()) as picture:
        assert picture.size == (1920, 1080)
        # the test page shows the number of the newest episode once it has received a state, and else nothing
        darkest = picture.convert("L").getextrema()[0]
    assert darkest < 80
    assert "showed no state" not in made.stderr


def test_a_screenshot_waits_for_what_the_page_asks_for_after_its_state(
    run_dir: Path, serve: Serve, tmp_path: Path
) -> None:
    """It waits for the page's own mark, which here comes after ten answers, when the page is black."""
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text('<!doctype html><body><script src="/assets/page-0b.js"></script>')
    (page / "assets" / "page-0b.js").write_text(
        "const socket = new WebSocket(`ws://${location.host}/ws`);\n"
        "socket.onmessage = async () => {\n"
        "  socket.onmessage = null;\n"
        "  for (let i = 0; i < 10; i++) {\n"
        "    await fetch('/api/run');\n"
        "    await new Promise((resolve) => setTimeout(resolve, 300));\n"
        "  }\n"
        "  document.body.style.background = 'black';\n"
        "  document.documentElement.dataset.settled = '1';\n"
        "};\n"
    )
    address = serve(run_dir, "--frontend", page)

    async def shoot() -> bytes:
        browser = ScreenshotBrowser()
        try:
            return await browser.capture(f"http://{address}/")
        finally:
            await browser.close()

    with Image.open(io.BytesIO(run(shoot))) as picture:
        assert picture.convert("L").getextrema() == (0, 0)


def test_the_address_of_a_still_page_keeps_what_it_asks_for() -> None:
    assert still_address("http://a/") == "http://a/?still"
    assert still_address("http://a/h/?theme=dark#x") == "http://a/h/?theme=dark&still#x"
    assert still_address("http://a/?still=page") == "http://a/?still=page"


def test_a_page_that_hangs_costs_the_shot_and_leaves_no_browser_behind(
    synthetic_run: Path, serve: Serve, browsers: Callable[[], list[psutil.Process]]
) -> None:
    address = serve(synthetic_run)

    async def shoot() -> tuple[str, bytes]:
        browser = ScreenshotBrowser(shot_seconds=120)
        await browser.capture(f"http://{address}/")
        hasty = ScreenshotBrowser(shot_seconds=6)
        with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ScreenshotError) as failed:
            await hasty.capture(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        picture = await browser.capture(f"http://{address}/")
        await browser.close()
        return str(failed.value), picture

    message, picture = run(shoot)
    assert "nothing within 6 s" in message
    assert picture.startswith(b"\x89PNG")
    assert not browsers()


def test_after_a_browser_has_died_or_stands_still_the_next_shot_gets_a_new_one(
    synthetic_run: Path, serve: Serve, browsers: Callable[[], list[psutil.Process]]
) -> None:
    address = serve(synthetic_run)

    async def shoot() -> list[bytes]:
        browser = ScreenshotBrowser(shot_seconds=30)
        pictures = [await browser.capture(f"http://{address}/")]
        for process in browsers():
            # helpers end by themselves once the browser has
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        with contextlib.suppress(ScreenshotError):
            # noticed before the shot the death costs nothing, noticed in it that shot
            await browser.capture(f"http://{address}/")
        pictures.append(await browser.capture(f"http://{address}/"))
        stopped = browsers()
        for process in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGSTOP)
        with pytest.raises(ScreenshotError):
            await browser.capture(f"http://{address}/")
        assert not browsers()
        for process in stopped:
            # the browser is gone; those of its helpers that stand still cannot notice
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        pictures.append(await browser.capture(f"http://{address}/"))
        await browser.close()
        return pictures

    assert all(picture.startswith(b"\x89PNG") for picture in run(shoot))
    assert not browsers()


def test_a_driver_that_does_not_start_costs_the_shot_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "/bin/false")

    async def scenario() -> None:
        with pytest.raises(ScreenshotError, match="Playwright's driver does not start"):
            await ScreenshotBrowser().capture("http://127.0.0.1:9/")

    run(scenario)


@pytest.mark.parametrize(
    ("path", "why"), [("nope", "it answers with status 404"), ("healthz", "the page received no state")]
)
def test_a_page_that_is_not_the_dashboard_is_not_kept(
    run_dir: Path, serve: Serve, path: str, why: str
) -> None:
    address = serve(run_dir)
    ended = subprocess.run(
        [COMMANDS / "server", "snapshots", "--run-dir", run_dir, "--once", "screenshot",
         "--url", f"http://{address}/{path}"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode != 0
    assert f"error: no screenshot of http://{address}/{path}: {why}" in ended.stderr
    assert not list(run_dir.glob("snapshots/*.png"))


def test_after_an_error_page_the_worker_tries_again_until_the_dashboard_is_back(
    run_dir: Path, serve: Serve
) -> None:
    address = serve(run_dir)
    good = SnapshotSettings(
        run=in_folder(run_dir), url=f"http://{address}/", screenshot_every=300.0, gif_episodes=500,
        export_every=3600.0, keep_all=86400.0, then_every=3600.0, keep_screenshots=10, keep_gifs=10,
        keep_exports=10, disk_floor_bytes=0, memory=MemorySettings(2**40), poll=1.0,
    )  # fmt: skip

    async def rounds() -> list[int]:
        """How many screenshots there are after each round: two at an error page, three at the dashboard."""
        worker = Worker(msgspec.structs.replace(good, url=f"http://{address}/nope"))
        made = []
        for number in range(5):
            worker._settings = good if number >= 2 else worker._settings
            await worker.round(time.time() + 1000 * number)
            made.append(len(list(run_dir.glob("snapshots/*.png"))))
        await worker._browser.close()
        worker.close()
        return made

    assert run(rounds) == [0, 0, 1, 1, 1], "one screenshot of a finished run, once it can be taken"
