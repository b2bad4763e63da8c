import { describe, expect, it } from "vitest";
import { recovery, recoveryInWords } from "./recovery";

/** Lives of single episodes from `first` on. */
function lives(first: number, values: number[]) {
  const episodes = values.map((_, i) => first + i);
  return {
    metric: "survival_time",
    resolution: 1,
    first: episodes,
    last: episodes,
    mean: values,
    low: values,
    high: values,
  };
}
const many = (n: number, value: number): number[] => Array.from({ length: n }, () => value);

describe("recovery", () => {
  it("measures the dip and the way back in means of 100 lives", () => {
    // 100 lives of 100 replace 100 of 400, then 400 again: the mean falls to 100 and is at 320 when 74 are back.
    const r = recovery(lives(801, [...many(200, 400), ...many(100, 100), ...many(300, 400)]), 1000)!;
    expect(r).toMatchObject({ before: 400, lowest: 100, lowestAt: 1100, episodes: 174, state: "recovered" });
    expect(recoveryInWords(r)).toContain("from 400 to 100 steps and was back at 80 % after 174 episodes");
  });

  it("says when it is not back yet", () => {
    expect(recovery(lives(801, [...many(200, 400), ...many(150, 100)]), 1000)!.state).toBe("recovering");
  });

  it("tells a move without consequences from one that has only just happened", () => {
    expect(recovery(lives(801, many(500, 400)), 1000)!.state).toBe("no dip");
    expect(recovery(lives(801, many(220, 400)), 1000)!.state).toBe("too early");
  });

  it("knows nothing without lives before the move", () => {
    expect(recovery(lives(1001, many(50, 400)), 1000)).toBeNull();
  });
});
