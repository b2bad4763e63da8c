import { describe, expect, it } from "vitest";
import { middles, pointAt, rollingMean } from "./smoothing";

describe("rolling mean", () => {
  it("is the mean of the last episodes when each point is one", () => {
    const series = { first: [1, 2, 3, 4], last: [1, 2, 3, 4], mean: [10, 20, 30, 40] };
    expect(rollingMean(series, 2)).toEqual([10, 15, 25, 35]);
  });

  it("weighs points by the episodes they stand for", () => {
    const series = { first: [1, 5], last: [4, 5], mean: [10, 60] };
    expect(rollingMean(series, 100)).toEqual([10, 20]);
  });

  it("is the point itself when that covers the window", () => {
    const series = { first: [1, 129], last: [128, 256], mean: [100, 300] };
    expect(rollingMean(series, 100)).toEqual([100, 300]);
  });
});

describe("points", () => {
  const series = { first: [1, 5, 9], last: [4, 8, 10] };

  it("finds the one that contains an episode, or the nearest", () => {
    expect([0, 1, 4, 5, 10, 99].map((episode) => pointAt(series, episode))).toEqual([0, 0, 0, 1, 2, 2]);
    expect(pointAt({ first: [], last: [] }, 3)).toBe(-1);
  });

  it("lie in the middle of their episodes", () => expect(middles(series)).toEqual([2.5, 6.5, 9.5]));
});
