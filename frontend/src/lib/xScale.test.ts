import { describe, expect, it } from "vitest";
import { xScale } from "./xScale";

const clock = { episode: [1, 3, 5], agent_steps: [100, 300, 900], hours: [1, 1, 2] };

describe("the horizontal axis", () => {
  it("counts episodes until the clock is known", () => {
    expect(xScale("hours", null).title).toBe("episode");
    expect(xScale("episodes", clock).toX(4)).toBe(4);
  });

  it("counts agent steps between the episodes that are known, from none at the start", () => {
    const steps = xScale("steps", clock);
    expect([0, 0.5, 1, 2, 4, 5, 9].map(steps.toX)).toEqual([0, 50, 100, 200, 600, 900, 900]);
    expect([0, 200, 600, 900].map(steps.toEpisode)).toEqual([0, 2, 4, 5]);
  });

  it("has an answer where time stood still", () => {
    const hours = xScale("hours", clock);
    expect(hours.toX(2)).toBe(1);
    expect(hours.toEpisode(1)).toBeGreaterThanOrEqual(1);
    expect(hours.toEpisode(1.5)).toBe(4);
  });

  it("begins where a zoomed clock begins", () => {
    const steps = xScale("steps", { ...clock, episode: [101, 103, 105] });
    expect(steps.toX(101)).toBe(100);
  });
});
