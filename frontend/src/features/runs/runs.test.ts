import { describe, expect, it } from "vitest";
import type { RunSummary } from "@/lib/messages";
import { formatListView, parseListView, START_LIST, type ListView } from "./listView";
import { arrange, countLabel, progressLabel, groupings, matches, sparkPath } from "./runs";

function run(name: string, more: Partial<RunSummary> = {}): RunSummary {
  return { name, run_id: `id-${name}`, state: "finished", config_name: "town", ...more };
}
const shownNames = (runs: RunSummary[], view: Partial<ListView>, keys: string[] = []) =>
  arrange(runs, keys, { ...START_LIST, ...view }).map(({ label, rows }) => [
    label,
    ...rows.map(({ run: { name }, depth }) => "> ".repeat(depth) + name),
  ]);

describe("the list of runs", () => {
  const parent = run("b10", { mean_survival: 300 });
  const child = run("a1", { parent: { run_id: "id-b10", episode: 60 }, mean_survival: 100 });
  const grandchild = run("z", { parent: { run_id: "id-a1", episode: 80 }, mean_survival: 200 });
  const unknown = run("b9", { mean_survival: null });
  const runs = [grandchild, parent, child, unknown];

  it("stands in the order of names, numbers as numbers, each branch under its parent", () => {
    expect(shownNames(runs, {})).toEqual([["", "b9", "b10", "> a1", "> > z"]]);
    expect(shownNames(runs, { descending: true })).toEqual([["", "b10", "> a1", "> > z", "b9"]]);
  });

  it("puts a branch whose parent is filtered out in the first line", () => {
    expect(shownNames(runs, { filter: "id-z" })).toEqual([["", "z"]]);
  });

  it("puts runs without the figure last in either order", () => {
    expect(shownNames(runs, { sort: "survival" })).toEqual([["", "a1", "z", "b10", "b9"]]);
    expect(shownNames(runs, { sort: "survival", descending: true })).toEqual([["", "b10", "z", "a1", "b9"]]);
  });

  it("is grouped by a key, or by all keys but the seed", () => {
    const keys = ["experiment.seed", "population.gamma"];
    const of = (name: string, seed: number, gamma: number) =>
      run(name, { values: { "experiment.seed": seed, "population.gamma": gamma } });
    const seeds = [of("a", 0, 0.9), of("b", 1, 0.9), of("c", 0, 0.5)];
    expect(groupings(keys)).toEqual(["all but the seed", ...keys]);
    expect(groupings(["experiment.seed"])).toEqual(["experiment.seed"]);
    const two = [
      ["population.gamma = 0.5", "c"],
      ["population.gamma = 0.9", "a", "b"],
    ];
    expect(shownNames(seeds, { group: "population.gamma" }, keys)).toEqual(two);
    expect(shownNames(seeds, { group: "all but the seed" }, keys)).toEqual(two);
  });

  it("is filtered by words of name, state and configuration, all of which must be there", () => {
    const found = run("fast", { state: "silent", values: { "population.gamma": 0.5, money: null } });
    expect(["fast", "SILENT", "gamma=0.5", "silent money=none", ""].map((f) => matches(found, f))).toEqual(
      Array<boolean>(5).fill(true),
    );
    expect(matches(found, "silent gamma=0.9")).toBe(false);
  });

  it("counts the runs by their states", () => {
    expect(countLabel([run("a"), run("b", { state: "failed" }), run("c", { state: null })])).toBe(
      "3 runs: 1 finished, 1 failed, 1 not readable",
    );
  });

  it("count episodes of a run without a planned length, and draw no share of them", () => {
    expect(progressLabel(run("a", { episodes: 1200, planned: 10_000 }))).toBe("1,200 of 10,000");
    expect(progressLabel(run("a", { episodes: 62, planned: null }))).toBe("62");
    expect(progressLabel(run("a", { episodes: 0, planned: null }))).toBe("–");
  });

  it("draws a curve of two values or more", () => {
    expect(sparkPath([0, 50, 100], 100, 10, 4)).toBe("M0.0 4.0L5.0 2.0L10.0 0.0");
    expect(sparkPath([7], 100, 10, 4)).toBe("");
  });
});

describe("the address of the list", () => {
  it("comes back as it was written, and keeps what is not its own", () => {
    const view: ListView = {
      sort: "recovery",
      descending: true,
      filter: "gamma=0.5",
      group: "experiment.seed",
      ticked: ["aa", "bb"],
    };
    const written = formatListView(view, "?theme=dark");
    expect(parseListView(written)).toEqual(view);
    expect(new URLSearchParams(written).get("theme")).toBe("dark");
    expect(formatListView(START_LIST)).toBe("");
  });

  it("with nonsense is the list as it begins", () => {
    expect(parseListView("?sort=colour")).toEqual(START_LIST);
  });
});
