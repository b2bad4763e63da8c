import { describe, expect, it } from "vitest";
import { heatFraction, heatLayer } from "./heat";

describe("heat", () => {
  it("shows visits by their square root and novelty as it is", () => {
    expect(heatFraction("visits", 25, 100)).toBe(0.5);
    expect(heatFraction("novelty", 25, 100)).toBe(0.25);
  });

  it("stays on the scale, with nothing at all too", () => {
    expect([
      heatFraction("visits", 5, 0),
      heatFraction("visits", 200, 100),
      heatFraction("novelty", -1, 1),
    ]).toEqual([0, 1, 0]);
  });

  it("finds the peak and gives every cell its place", () => {
    const layer = heatLayer(
      {
        first: 1,
        last: 100,
        visits: [
          [0, 1],
          [9, 4],
        ],
        novelty: [
          [1, 0],
          [0, 0],
        ],
      },
      "visits",
    )!;
    expect(layer.peak).toEqual({ x: 0, y: 1 });
    expect(layer.highest).toBe(9);
    expect(layer.cells.map(({ x, y, value }) => [x, y, value])).toEqual([
      [0, 0, 0],
      [1, 0, 1],
      [0, 1, 9],
      [1, 1, 4],
    ]);
    expect(layer.cells[2]!.colour).toBe("rgb(254, 232, 56)");
  });

  it("gives one novelty one colour through the whole run, whatever is highest at the moment", () => {
    const runScale = { low: 0.001, high: 1 };
    expect([1, 0.1, 0.001, 0, 7].map((value) => heatFraction("novelty", value, value, runScale))).toEqual([
      1,
      expect.closeTo(2 / 3),
      0,
      0,
      1,
    ]);
    const of = (novelty: number[][]) =>
      heatLayer({ first: 1, last: 1, visits: novelty, novelty }, "novelty", runScale)!;
    expect(of([[0.01, 0.5]]).cells[0]!.colour).toBe(of([[0.01, 0.02]]).cells[0]!.colour);
    expect(of([[0.01]]).range).toEqual({ low: 0.001, high: 1, logarithmic: true });
  });

  it("has no layer for what the run does not measure", () =>
    expect(heatLayer({ first: 1, last: 1, visits: [[1]], novelty: [] }, "novelty")).toBeNull());
});
