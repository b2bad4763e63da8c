import { describe, expect, it } from "vitest";
import type { Comparison, Difference, Estimate, Figure } from "@/lib/messages";
import { configurationRows } from "./configuration";
import { differenceRows, estimateRows, topicsOf } from "./intervals";

const figure = (key: string, topic: string): Figure => ({ key, label: key, topic, unit: "steps", about: "" });
const FIGURES = [figure("final", "Survival"), figure("before", "Survival"), figure("recovery", "Recovery")];
const estimate = (n: number, mean: number | null): Estimate => ({
  n,
  mean,
  low: mean === null ? null : mean - 2,
  high: mean === null ? null : mean + 2,
  iqm: mean === null ? null : mean + 0.5,
  iqm_low: null,
  iqm_high: null,
  smallest: null,
  largest: null,
  method: "t",
});
const difference: Difference = {
  n_first: 3,
  n_second: 3,
  difference: 50,
  low: 40,
  high: 60,
  iqm_difference: -1,
  iqm_low: null,
  iqm_high: null,
  probability: 1,
  probability_low: null,
  probability_high: null,
  paired: false,
  method: "t",
  verdict: "too few seeds",
};
const comparison = {
  runs: [
    { run_id: "a", figures: { final: 99, before: 80 } },
    { run_id: "b", figures: { final: 101, before: null } },
    { run_id: "c", figures: { final: 150, before: null } },
  ],
  groups: [
    {
      label: "off",
      colour: 1,
      run_ids: ["a", "b"],
      figures: { final: estimate(2, 100), before: estimate(1, 80) },
    },
    {
      label: "on",
      colour: 2,
      run_ids: ["c"],
      figures: { final: estimate(1, 150), before: estimate(0, null) },
    },
  ],
  differences: [{ group: 1, reference: 0, figure: "final", difference }],
  configuration: [{ key: "population.gamma", values: { a: 0.5, b: 0.5 } }],
} as unknown as Comparison;

describe("figures as intervals", () => {
  const [survival, recovery] = topicsOf(FIGURES);

  it("stand on one axis where they are of one topic", () => {
    expect(topicsOf(FIGURES).map(({ title, figures }) => [title, figures.length])).toEqual([
      ["Survival", 2],
      ["Recovery", 1],
    ]);
  });

  it("have n beside them, the values of single runs, and no row for a group without a value", () => {
    const rows = estimateRows(comparison, survival!, "mean");
    expect(rows.map(({ heading, text }) => [heading, text])).toEqual([
      ["final", "off: 100 (98 to 102), n = 2"],
      ["", "on: 150 (148 to 152), n = 1"],
      ["before", "off: 80 (78 to 82), n = 1"],
    ]);
    expect(rows.map(({ dots }) => dots)).toEqual([[99, 101], [], []]);
    expect(estimateRows(comparison, recovery!, "mean")).toEqual([]);
  });

  it("are interquartile means without bounds where there are too few runs for bounds", () => {
    const [row] = estimateRows(comparison, survival!, "iqm");
    expect(row).toMatchObject({ value: 100.5, low: null, high: null, text: "off: 101, n = 2" });
  });

  it("say of a difference how many runs are behind it, and when there is no verdict", () => {
    const [row] = differenceRows(comparison, survival!, "mean");
    expect(row!.text).toBe("on − off: +50 (40 to 60), n = 3 and 3, no verdict");
    expect(differenceRows(comparison, survival!, "iqm")[0]!.value).toBe(-1);
    expect(differenceRows(comparison, recovery!, "mean")).toEqual([]);
  });
});

describe("differences of configurations", () => {
  it("are listed run by run and value by value; a missing key is no value", () => {
    expect(configurationRows(comparison)).toEqual([
      {
        key: "population.gamma",
        cells: ["0.5", "0.5", "–"],
        values: [
          ["0.5", 2],
          ["–", 1],
        ],
      },
    ]);
  });
});
