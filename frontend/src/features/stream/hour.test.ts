import { describe, expect, it } from "vitest";
import type { Hour } from "@/lib/messages";
import { hourLines, hourSentence, MOST_LINES } from "./hour";

const mark = (kind: string, text: string, episode: number) => ({ kind, text, episode, position: episode });
const hour: Hour = {
  hour: 3,
  began_at: 0,
  first_episode: 301,
  last_episode: 450,
  episodes: 150,
  mean_survival: 210.4,
  mean_before: 190,
  best_episode: 402,
  best_survival: 500,
  events: [
    mark("stage", "stage 2 → 3", 320),
    mark("randomized", "Affordances Randomized", 400),
    mark("drop", "drop in survival detected: intrinsic weight 0.05 → 0.40", 420),
    mark("stopped", "run completed", 450),
  ],
  behaviours: [
    { kind: "camping", name: "Camping", episode: 444 },
    { kind: "waiting", name: "Waiting", episode: 333 },
  ],
};

describe("the last hour", () => {
  it("is told in lines, the move before everything else that happened", () => {
    expect(hourSentence(hour)).toBe("Hour 3 of this run: lives 301 to 450.");
    const lines = hourLines(hour, { max_steps: 500 });
    expect(lines.map(({ what, value }) => [what, value])).toEqual([
      ["Lives", "150"],
      ["The best one", "500 steps"],
      ["After life 400", "Affordances moved"],
      ["After life 420", "Surprise!"],
      ["After life 320", "Stage 2 → 3"],
      ["Odd behaviour", "Camping"],
    ]);
    expect(lines[0]!.more).toBe("210 of 500 steps on average, 20 more than in the hour before");
    expect(lines).toHaveLength(MOST_LINES);
  });

  it("may be the first one, and nothing may have happened", () => {
    const quiet = { ...hour, hour: 1, mean_before: null, events: [], behaviours: [] };
    expect(hourLines(quiet, { max_steps: 500 }).map(({ more }) => more)).toEqual([
      "210 of 500 steps on average",
      "Life 402",
    ]);
  });
});
