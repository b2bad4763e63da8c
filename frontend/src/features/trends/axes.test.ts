import { describe, expect, it } from "vitest";
import { shareOf, ticksBetween, verticalAxis } from "./axes";
import type { Curve } from "./curves";

const curve = (y: (number | null)[], more: Partial<Curve> = {}): Curve => ({
  name: "a",
  kind: "line",
  colour: "ink",
  x: y.map((_, i) => i),
  y,
  ...more,
});
const frame = { first: 1, last: 10 };

describe("ticks", () => {
  it.each([
    [0, 500, 5, [0, 100, 200, 300, 400, 500]],
    [1, 10_000, 6, [2000, 4000, 6000, 8000, 10_000]],
    [0.3, 1.1, 4, [0.4, 0.6, 0.8, 1]],
    [3, 3, 4, []],
  ])("from %d to %d are round numbers", (low, high, wanted, ticks) =>
    expect(ticksBetween(low, high, wanted)).toEqual(ticks),
  );
});

describe("the vertical axis", () => {
  it("spans the values and zero, or what the frame says", () => {
    expect(verticalAxis([curve([3, null, NaN, 7.5])], frame)).toMatchObject({ low: 0, high: 8 });
    expect(verticalAxis([curve([-3, -1])], frame)).toMatchObject({ low: -3, high: 0 });
    expect(verticalAxis([curve([900])], { ...frame, low: 0, high: 500 })).toMatchObject({
      high: 500,
      ticks: [0, 200, 400],
    });
    expect(verticalAxis([curve([0.5])], { ...frame, low: 0, high: 1, step: 0.25 }).ticks).toEqual([
      0, 0.25, 0.5, 0.75, 1,
    ]);
  });

  it("has room for what is stacked", () => {
    const areas = [curve([40, 50], { kind: "area" }), curve([50, 50], { kind: "area", name: "b" })];
    expect(verticalAxis(areas, frame).high).toBe(100);
    const both = [curve([-2], { kind: "area" }), curve([3], { kind: "area", name: "b" })];
    expect(verticalAxis(both, frame)).toMatchObject({ low: -2, high: 4 });
  });

  it("is drawn with nothing to draw", () => {
    expect(verticalAxis([], frame)).toMatchObject({ low: 0, high: 1 });
    expect(verticalAxis([curve([0, 0])], { ...frame, logarithmic: true }).ticks).toEqual([1, 10]);
  });

  it("is logarithmic in powers of ten, where nothing at or below zero has a place", () => {
    const axis = verticalAxis([curve([0, 0.02, 3])], { ...frame, low: 0, logarithmic: true });
    expect(axis).toMatchObject({ low: 0.01, high: 10, ticks: [0.01, 0.1, 1, 10] });
    expect(shareOf(axis, 0.1)).toBeCloseTo(1 / 3);
    expect(shareOf(axis, 0)).toBeNaN();
  });
});
