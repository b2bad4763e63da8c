import { describe, expect, it } from "vitest";
import type { Comparison, EpisodeReplay, Run } from "@/lib/messages";
import { firstPair, pairSentence } from "./towns";

const replay = (...path: number[]): EpisodeReplay => ({ path }) as unknown as EpisodeReplay;
const small = { width: 4, height: 3 } as Run;
const large = { width: 8, height: 8 } as Run;

describe("two towns side by side", () => {
  it("begin with the newest episode that both runs have", () => {
    const runs = [
      { run_id: "a", episodes: 120 },
      { run_id: "b", episodes: 80 },
    ];
    expect(firstPair({ runs } as Comparison)).toEqual({ left: "a", right: "b", episode: 80 });
    expect(firstPair({ runs: [] } as unknown as Comparison).episode).toBeNull();
  });

  it.each([
    [replay(1, 2, 3), replay(1, 2, 3), small, "The two episodes are the same, step by step."],
    [replay(1, 2, 3), replay(2, 2, 3), small, "The two episodes begin in different cells."],
    [
      replay(1, 2, 3, 4),
      replay(1, 2, 7),
      small,
      "Both episodes begin in the same cell and go the same way for 1 step.",
    ],
    [
      replay(1, 2, 3),
      replay(1, 2, 3, 4),
      small,
      "Both episodes begin in the same cell and go the same way for 2 steps.",
    ],
    [
      replay(1),
      replay(1),
      large,
      "The two towns are not of the same size, so only the outcomes can be compared.",
    ],
  ])("say what they have in common", (left, right, town, sentence) => {
    expect(pairSentence([left, right], [small, town])).toBe(sentence);
  });
});
