import { describe, expect, it } from "vitest";
import { backoff } from "./backoff";

describe("backoff", () => {
  it("doubles from half a second and stays at 15 s", () => {
    const waits = [1, 2, 3, 4, 5, 6, 20].map((attempt) => backoff(attempt, () => 0));
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  });

  it("takes up to half off at random", () => {
    expect(backoff(3, () => 1)).toBe(1000);
    expect(backoff(3, () => 0.5)).toBe(1500);
  });
});
