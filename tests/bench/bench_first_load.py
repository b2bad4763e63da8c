"""What the first visit of the dashboard costs: bytes on the wire by kind, and times on a slow connection.

    python tests/bench/bench_first_load.py [--episodes 10000] [--run-dir DIR] [--json FILE]

Serves a made-up run, or the one in `--run-dir`, and opens `/` in a Chromium with an empty cache: without a
limit, at 1.6 Mbit/s with 150 ms and at 400 kbit/s with 400 ms of latency. The headline counts as shown when
its first figure is painted, the charts when the three charts beside the town have drawn their curves.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.support.processes import running, unused_port
from tests.support.read_models import catch_up
from tests.support.servers import ready_address
from tests.support.synthetic import Scenario, write_synthetic_log
from tests.support.wire import Wire

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
CONNECTIONS = {"no limit": None, "1.6 Mbit/s, 150 ms": (1.6e6, 150), "400 kbit/s, 400 ms": (400e3, 400)}
CHARTS = ("survival", "reward", "curiosity")
DRAWN = """ids => ids.every((id) =>
  [...document.querySelectorAll(`#${id} svg.curves path`)].some((path) => path.getAttribute("d")))"""
SETTLE_SECONDS = 2.0
"""After the charts: whatever the page asks for without being scrolled."""


def first_load(browser: Browser, address: str, connection: tuple[float, float] | None) -> dict[str, object]:
    """Open the page with an empty cache; seconds to headline and charts, bytes by kind."""
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        wire = Wire(page)
        if connection is not None:
            wire.limit(*connection)
        start = time.perf_counter()
        page.goto(address, wait_until="commit", timeout=120_000)
        page.wait_for_selector("main dl dd", timeout=120_000)
        headline = time.perf_counter() - start
        page.wait_for_function(DRAWN, arg=CHARTS, timeout=120_000)
        charts = time.perf_counter() - start
        page.wait_for_timeout(SETTLE_SECONDS * 1000)
        largest = sorted(wire.answers, key=lambda answer: -answer.wire_bytes)[:12]
        return {
            "headline_s": round(headline, 2),
            "charts_s": round(charts, 2),
            "total_bytes": wire.total(),
            "by_kind": wire.by_kind(),
            "largest": {answer.url.rpartition("/")[2]: answer.wire_bytes for answer in largest},
        }


def main() -> None:
    """Print one table per connection."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--episodes", type=int, default=10_000)
    parser.add_argument("--run-dir", type=Path, help="serve this run in place of a made-up one")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run_dir = arguments.run_dir or Path(folder)
        if arguments.run_dir is None:
            scenario = Scenario(episodes=arguments.episodes, policy_hidden=(128, 128))
            write_synthetic_log(run_dir / "events.db", scenario)
            catch_up(run_dir)
        output = Path(folder) / "server.log"
        with running(output, "server", "run", "--run-dir", run_dir, "--port", unused_port()) as server:
            address = ready_address(server, output)
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for name, connection in CONNECTIONS.items():
                figures[name] = first_load(chromium, f"http://{address}/", connection)
            chromium.close()
    print(json.dumps(figures, indent=2))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
