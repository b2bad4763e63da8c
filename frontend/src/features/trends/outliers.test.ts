import { describe, expect, it } from "vitest";
import { withoutOutliers } from "./outliers";

describe("an axis that extreme points may leave", () => {
  const usual = Array.from({ length: 200 }, (_, i) => 0.5 + (i % 10) / 10);

  it("ends above all points where none is extreme", () => {
    expect(withoutOutliers(usual)).toBeNull();
    expect(withoutOutliers([...usual, 3])).toBeNull();
    expect(withoutOutliers([])).toBeNull();
    expect(withoutOutliers([0, 0, 0])).toBeNull();
  });

  it("ends above the usual ones and says how high the extreme one is", () =>
    expect(withoutOutliers([8, ...usual])).toEqual({ limit: 2, most: 8 }));
});
