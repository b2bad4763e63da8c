import { describe, expect, it } from "vitest";
import type { ComparedRun, Comparison, Group } from "@/lib/messages";
import { curvesOf, lastPoint, lineNear, linesOf, nameAt, pointNear, splitsOf, valueAt } from "./lines";

const run = (name: string, y: (number | null)[], more: Partial<ComparedRun> = {}): ComparedRun => ({
  run_id: name,
  name,
  seed: 0,
  colour: 3,
  episodes: 40,
  planned_episodes: 40,
  agent_steps: 800,
  group: 0,
  parent_run_id: null,
  split_at: null,
  drawn_with: null,
  drawn_from: 0,
  figures: {},
  curves: { survival: y },
  ...more,
});
const group = (label: string, runs: ComparedRun[], mean: number[]): Group => ({
  label,
  colour: 5,
  run_ids: runs.map(({ run_id }) => run_id),
  one_history: false,
  figures: {},
  bands: {
    survival: {
      n: mean.map(() => runs.length),
      mean,
      low: mean.map((value) => value - 2),
      high: mean.map((value) => value + 2),
      iqm: mean.map((value) => value + 1),
      iqm_low: mean.map(() => null),
      iqm_high: mean.map(() => null),
    },
  },
});
const comparison = (runs: ComparedRun[], groups: Group[], few = true): Comparison => ({
  axis: "episodes",
  group_by: null,
  keys: [],
  grid: [10, 20, 30, 40],
  reach: [],
  few_runs: few,
  runs,
  groups,
  curves: [],
  figures: [],
  differences: [],
  configuration: [],
  notes: [],
});

describe("the lines of a comparison", () => {
  const parent = run("parent", [1, 2, 3, 4]);
  const branch = run("branch", [1, 2, 9, 9], { drawn_with: "parent", drawn_from: 1, split_at: 25 });
  const both = comparison([parent, branch], [group("all", [parent, branch], [1, 2, 6, 6.5])]);

  it("draw a history that two runs share once, and name both there", () => {
    const [, trunk, limb] = linesOf(both, "survival", "mean");
    expect(limb!.y).toEqual([null, 2, 9, 9]);
    expect(nameAt(trunk!, 10)).toBe("parent and branch");
    expect(nameAt(trunk!, 30)).toBe("parent");
    expect(splitsOf(both, "survival")).toEqual([{ x: 20, y: 2, paint: "var(--run-3)" }]);
  });

  it("leave out what a run has no notion of", () => {
    expect(linesOf(both, "stage", "mean")).toEqual([]);
  });

  it("have a band for a group of several runs, with n and interval", () => {
    const [mean] = linesOf(both, "survival", "mean");
    expect(valueAt(mean!, 2)).toBe("6 (n = 2, 4 to 8)");
    const [middle] = linesOf(both, "survival", "iqm");
    expect(valueAt(middle!, 2)).toBe("7 (n = 2)");
    expect(curvesOf([mean!], both.grid, true).map(({ kind }) => kind)).toEqual(["band", "dashed"]);
    expect(curvesOf([mean!], both.grid, false).map(({ kind }) => kind)).toEqual(["band", "line"]);
  });

  it("draw a group of one run as that run", () => {
    const alone = comparison([parent], [group("alone", [parent], [1, 2, 3, 4])]);
    expect(linesOf(alone, "survival", "mean").map(({ key }) => key)).toEqual(["run parent"]);
  });

  it("take the colour of the group where there are many runs", () => {
    const many = comparison([parent, branch], both.groups, false);
    expect(linesOf(many, "survival", "mean").map(({ paint }) => paint)).toEqual(
      Array(3).fill("var(--run-5)"),
    );
    expect(linesOf(both, "survival", "mean")[1]!.paint).toBe("var(--run-3)");
  });

  it("are found by a pointer near to them, and only then", () => {
    const lines = linesOf(both, "survival", "mean");
    expect(pointNear(both.grid, 26)).toBe(2);
    const found = (y: number): string | undefined => lineNear(lines, 2, y, (value) => value * 10, 15)?.name;
    expect(found(28)).toBe("parent");
    expect(found(88)).toBe("branch");
    expect(found(61)).toBe("all");
    expect(found(140)).toBeUndefined();
  });

  it("end where a run ended", () => {
    expect(lastPoint(linesOf(comparison([run("a", [1, 2, null, null])], []), "survival", "mean")[0]!)).toBe(
      1,
    );
  });
});
