"""How long the dashboard takes from a press on the timeline to the painted moment, in a real Chromium.

    python tests/bench/bench_seek.py [--episodes 10000] [--seeks 200] [--json FILE]

Makes up a run, projects and serves it, then presses at random places of the track, one press after the other
has been painted. Painted means: the headline shows the episode asked for and the frame with it was presented
(a task after the animation frame). Every press lands on another episode, so none is answered from memory.
"""

import argparse
import json
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.processes import running
from tests.support.read_models import catch_up
from tests.support.servers import ready_address
from tests.support.synthetic import Scenario, write_synthetic_log

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

SEEKS = """async (seeks) => {
  const track = document.querySelector('[role=slider][aria-label="Moment of the run"]');
  const shown = () => Number(document.querySelector('main dl dd').textContent.replace(/ of.*|\\\\D/g, ''));
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(null);
  }));
  track.setPointerCapture = () => {};  // refused for made-up events
  const box = track.getBoundingClientRect();
  const times = [];
  for (let i = 1; i <= seeks; i += 1) {
    const share = (i * 0.618034) % 1;  // spreads over the run without hitting a place twice
    const place = { clientX: box.left + share * box.width, clientY: box.top + 20 };
    const at = { ...place, button: 0, pointerId: 1, bubbles: true };
    const start = performance.now();
    track.dispatchEvent(new PointerEvent('pointerdown', at));
    track.dispatchEvent(new PointerEvent('pointerup', at));
    await Promise.resolve();
    const last = Number(track.getAttribute('aria-valuemax'));
    const wanted = Math.round(1 + share * (last - 1));
    while (Math.abs(shown() - wanted) > last / box.width + 1) {
      if (performance.now() - start > 10000) throw new Error(`episode ${wanted} was not shown within 10 s`);
      await new Promise((done) => setTimeout(done, 1));
    }
    await painted();
    times.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, 20));
  }
  return times;
}"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--episodes", type=int, default=10_000)
    parser.add_argument("--seeks", type=int, default=200)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder)
        write_synthetic_log(run_dir / "events.db", Scenario(episodes=arguments.episodes))
        catch_up(run_dir)
        times = sorted(measure(run_dir, arguments.seeks))
    figures = {
        "episodes": arguments.episodes,
        "seeks": len(times),
        "p50_ms": round(times[len(times) // 2], 1),
        "p95_ms": round(times[int(len(times) * 0.95)], 1),
        "max_ms": round(times[-1], 1),
    }
    print(" ".join(f"{name:>10}" for name in figures))
    print(" ".join(f"{value:>10}" for value in figures.values()))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def measure(run_dir: Path, seeks: int) -> list[float]:
    """Milliseconds of each seek."""
    output = run_dir / "server.log"
    command = ("server", "run", "--run-dir", run_dir, "--port", 0)
    with running(output, *command) as server, sync_playwright() as playwright:
        address = f"http://{ready_address(server, output)}"
        path = CHROMIUM if CHROMIUM.exists() else None
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        page.locator(".chart").nth(2).wait_for()
        page.locator("main dl dd").first.wait_for()
        times: list[float] = page.evaluate(SEEKS, seeks)
        chromium.close()
        return times


if __name__ == "__main__":
    main()
