import { describe, expect, it } from "vitest";
import type { EpisodeReplay } from "@/lib/messages";
import { caption, levelsAt, walkerAt } from "./walker";

const metrics = {
  episode_id: 5012,
  timestamp: 0,
  survival_time: 2,
  total_reward: 0,
  extrinsic_reward: 0,
  intrinsic_reward: 0,
  intrinsic_weight: 0.5,
  curriculum_stage: 2,
  epsilon: 0.1,
  cause: "satiation",
  agent: 7,
  born_stage: 1,
};
const replay: EpisodeReplay = {
  metrics,
  attempt: 1,
  layout: [],
  path: [0, 1, 2],
  actions: [3, 3],
  meters: [
    [255, 255, 51],
    [204, 255, 26],
    [153, 255, 0],
  ],
  uses: [],
};
const run = { meters: ["energy", "money", "satiation"], vital_meters: ["energy", "satiation"] };

describe("a life at one of its steps", () => {
  it("feels as well as its worst vital meter", () => {
    expect(walkerAt(replay, 0, run, 6)).toMatchObject({ wellbeing: 0.2, dead: false, step: 0 });
    expect(walkerAt({ ...replay, meters: [[51, 0, 255]] }, 0, run, 6).wellbeing).toBe(0.2);
  });

  it("is dead at the end, unless it lived to the limit", () => {
    expect(walkerAt(replay, 2, run, 6).dead).toBe(true);
    expect(walkerAt({ ...replay, metrics: { ...metrics, cause: "limit" } }, 2, run, 6).dead).toBe(false);
  });

  it("stays at its end when the other of a pair lives longer", () => {
    expect(walkerAt(replay, 400, run, 6).step).toBe(2);
    expect(levelsAt(replay, 400)).toEqual([0.6, 1, 0]);
  });

  it("has no mood when it was not traced", () => {
    const untraced = { ...replay, meters: [] };
    expect(levelsAt(untraced, 0)).toBeNull();
    expect(walkerAt(untraced, 0, run, 6).wellbeing).toBeNull();
  });

  it("says how it ended", () => {
    expect(caption(replay, 1)).toBe("Episode 5,012, agent 7: step 1 of 2");
    expect(caption(replay, 2)).toBe("Episode 5,012, agent 7: ran out of satiation after 2 steps");
    expect(caption(replay, 1, 5013)).toBe("Replay of episode 5,012, 1 episode ago. Agent 7: step 1 of 2.");
    expect(caption(replay, 1, 9912, 67)).toBe(
      "Replay of episode 5,012, 4,900 episodes ago. Agent 7: step 1 of 2, 67 steps a second.",
    );
    expect(caption(replay, 2, 5012, 67)).toBe(
      "Replay of episode 5,012, the newest. Agent 7: ran out of satiation after 2 steps.",
    );
  });
});
