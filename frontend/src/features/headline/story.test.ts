import { describe, expect, it } from "vitest";
import { story } from "./story";
import type { Run, State } from "@/lib/messages";

const run = { max_steps: 500, randomization_episode: null } as Run;
const state = (episode: number, mean_survival: number, intrinsic_weight: number): State =>
  ({ episode, mean_survival, window: 50, metrics: { intrinsic_weight } }) as State;

describe("the headline", () => {
  it("tells a beginning", () => {
    expect(story(state(1, 98, 1), run)).toBe(
      "After its first life, the agent dies early (98 of 500 steps); everything still makes it curious.",
    );
  });

  it("tells mastery", () => {
    expect(story(state(4230, 463.4, 0.07), run)).toContain(
      "nearly always lives to the limit (463 of 500 steps on average); curiosity has given way to routine",
    );
  });

  it("says nothing of curiosity that is fading where there is none", () => {
    const without = { ...run, novelty: "none" };
    expect(story(state(4230, 463.4, 0), without)).toMatch(/; it learns without curiosity\.$/);
  });

  it("says when there is nothing more to come", () => {
    expect(story(state(10_000, 463, 0.05), run, true)).toMatch(
      /^The run is complete: after 10,000 lives, the agent/,
    );
  });

  it("makes the move the news for a while", () => {
    const moved = { ...run, randomization_episode: 5000 };
    expect(story(state(5012, 300, 0.5), moved)).toBe(
      "12 lives ago everything in town was moved. The last 50 lives reached 300 of 500 steps on average.",
    );
    expect(story(state(5001, 300, 0.5), moved)).toMatch(/^One life ago everything/);
    expect(story(state(5601, 300, 0.5), moved)).toMatch(/^After 5,601 lives/);
    expect(story(state(4999, 300, 0.5), moved)).toMatch(/^After 4,999 lives/);
  });
});
