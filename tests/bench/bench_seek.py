"""How long the dashboard takes from a press on the timeline to the painted moment, in a real Chromium.

    python tests/bench/bench_seek.py [--episodes 10000] [--seeks 200] [--mind] [--json FILE]

Makes up a run, projects and serves it, then presses at random places of the track, one press after the other
has been painted. Painted means: the headline shows the episode asked for and the frame with it was presented
(a task after the animation frame). With `--mind` the mind's panel is on the screen, and must show the policy
of that moment as well, with a network as large as the default run's. Every press lands on another episode, so
none is answered from memory.
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

SEEKS = """async ([seeks, policyEvery]) => {
  const track = document.querySelector('[role=slider][aria-label="Moment of the run"]');
  const shown = () => Number(document.querySelector('main dl dd').textContent.replace(/ of.*|\\D/g, ''));
  const mind = () => document.querySelector('.mind .summary').textContent.replaceAll(',', '');
  const stale = () => {
    const policy = Math.floor(shown() / policyEvery) * policyEvery;
    return policyEvery > 0 && policy > 0 && !mind().includes(`policy of episode ${policy}:`);
  };
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
    await Promise.resolve();  // near a landmark the press lands on it
    const wanted = Number(track.getAttribute('aria-valuenow'));
    while (shown() !== wanted || stale()) {
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
    parser.add_argument("--mind", action="store_true", help="with the mind's panel on the screen")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    scenario = Scenario(episodes=arguments.episodes, policy_hidden=(128, 128) if arguments.mind else ())
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder)
        write_synthetic_log(run_dir / "events.db", scenario)
        catch_up(run_dir)
        times = sorted(measure(run_dir, arguments.seeks, scenario.checkpoint_every if arguments.mind else 0))
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


def measure(run_dir: Path, seeks: int, policy_every: int = 0) -> list[float]:
    """Milliseconds of each seek; `policy_every` above 0: with the mind's panel, policies so far apart."""
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
        if policy_every:
            page.locator(".mind").scroll_into_view_if_needed()
            page.locator(".mind-map").wait_for()
        times: list[float] = page.evaluate(SEEKS, [seeks, policy_every])
        chromium.close()
        return times


if __name__ == "__main__":
    main()
