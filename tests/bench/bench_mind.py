"""How long a browser takes to compute what a policy would do in every cell, in a real Chromium.

    python tests/bench/bench_mind.py [--repeats 200] [--json FILE]

Bundles the page's own TypeScript (`features/mind/decisions.ts`), gives it a network of the default run's size
with random weights, and computes with other levels each time: all cells of the default town (8 × 8), and of a
town of 32 × 32. Compare with a frame of 16.7 ms. On a busy machine only the least time says what is computed.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

FRONTEND = Path(__file__).parents[2] / "frontend"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

BUNDLE = """
import { build } from "vite";
await build({
  configFile: false, logLevel: "error", root: process.cwd(),
  resolve: { alias: { "@": process.cwd() + "/src" } },
  build: { outDir: process.argv[1], lib: {
    entry: "src/features/mind/decisions.ts", name: "mind", formats: ["iife"], fileName: "mind" } },
});
"""

MEASURE = """([size, repeats]) => {
  const [meters, affordances, hidden, actions] = [6, 8, 128, 5];
  const cells = size * size;
  const random = (n) => Float32Array.from({ length: n }, () => Math.random() - 0.5);
  const layer = (inputs, outputs) => ({
    inputs, outputs, weights: random(inputs * outputs), biases: random(outputs) });
  const names = (n) => Array.from({ length: n }, (_, i) => `name ${i}`);
  const network = {
    cells, meters: names(meters), affordances: names(affordances),
    actions: ['UP', 'DOWN', 'LEFT', 'RIGHT', 'INTERACT'],
    layers: [
      layer(cells + meters + affordances + 1, hidden), layer(hidden, hidden), layer(hidden, actions)],
  };
  const layout = names(affordances).map((name, i) => ({ name, x: i % size, y: (i * 3) % size }));
  const town = { width: size, height: size, layout, former: [] };
  const times = [];
  for (let i = 0; i < repeats + 20; i += 1) {
    const levels = random(meters);
    const start = performance.now();
    mind.destinationsOf(network, town, mind.decisionsEverywhere(network, town, levels));
    if (i >= 20) times.push(performance.now() - start);
  }
  return times;
}"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    figures = {f"{size} × {size}": times for size, times in measure((8, 32), arguments.repeats).items()}
    print(f"{'cells':>10} {'least_ms':>9} {'p50_ms':>8} {'p95_ms':>8}")
    for cells, times in figures.items():
        print(f"{cells:>10} {times['least_ms']:>9} {times['p50_ms']:>8} {times['p95_ms']:>8}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def measure(sizes: tuple[int, ...], repeats: int) -> dict[int, dict[str, float]]:
    """Milliseconds for all cells of a square town, by its edge; the browser's clock ticks every 0.1 ms."""
    result = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        command = ["node", "--input-type=module", "-e", BUNDLE, folder]
        subprocess.run(command, cwd=FRONTEND, check=True)
        bundle = next(Path(folder).glob("*.js")).read_text()
        path = CHROMIUM if CHROMIUM.exists() else None
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = chromium.new_page()
        page.add_script_tag(content=bundle)
        for size in sizes:
            times = sorted(page.evaluate(MEASURE, [size, repeats]))
            p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
            figures = {"least_ms": times[0], "p50_ms": p50, "p95_ms": p95}
            result[size] = {name: round(milliseconds, 1) for name, milliseconds in figures.items()}
        chromium.close()
    return result


if __name__ == "__main__":
    main()
