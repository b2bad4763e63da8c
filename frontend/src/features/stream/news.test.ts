import { describe, expect, it } from "vitest";
import { mergeNews, newsAfter } from "./news";
import { DEAF_AFTER_MS, RELOAD_AT_MOST_EVERY_MS, shouldReload } from "./useSelfHealing";

describe("news for the stream", () => {
  const annotations = [
    { episode: 800, position: 3200, kind: "stage", text: "stage 3 → 4" },
    { episode: 800, position: 3201, kind: "checkpoint", text: "checkpoint_ep00800.pt" },
    { episode: 5000, position: 20_000, kind: "randomized", text: "Affordances randomized" },
  ];

  it("announces stages in their own words and the move by name", () => {
    expect(newsAfter(annotations, 0)).toEqual([
      { kind: "stage", position: 3200, title: "Stage 3 → 4", detail: "After episode 800" },
      { kind: "randomized", position: 20_000, title: "Affordances moved", detail: "After episode 5,000" },
    ]);
  });

  it("says nothing twice", () => {
    const drop = {
      episode: 5100,
      position: 9,
      kind: "drop",
      text: "drop in survival detected: intrinsic weight 0.05 → 0.40",
    };
    expect(newsAfter([drop], 0)[0]!.detail).toBe("Intrinsic weight 0.05 → 0.40, after episode 5,100");
  });

  it("makes one piece of news of several stages, and keeps the newest of a kind", () => {
    const stage = (from: number, episode: number) => ({
      episode,
      position: episode,
      kind: "stage",
      text: `stage ${from} → ${from + 1}`,
    });
    const record = (episode: number) => ({ episode, position: episode, kind: "record", text: "record: 300" });
    const waiting = newsAfter([stage(1, 100), record(110)], 0);
    const merged = mergeNews(waiting, newsAfter([stage(2, 200), stage(3, 300), record(310)], 0));
    expect(merged.map(({ title, position }) => [title, position])).toEqual([
      ["Stage 1 → 4", 300],
      ["A new record", 310],
    ]);
  });

  it("repeats nothing", () => expect(newsAfter(annotations, 20_000)).toEqual([]));
});

describe("a stream that mends itself", () => {
  it("reloads when it is deaf or broken, but not in its first minute", () => {
    expect(shouldReload(RELOAD_AT_MOST_EVERY_MS - 1, null, true)).toBe(false);
    expect(shouldReload(RELOAD_AT_MOST_EVERY_MS + 1, null, true)).toBe(true);
    expect(shouldReload(100_000, 100_000 - DEAF_AFTER_MS + 1, false)).toBe(false);
    expect(shouldReload(200_000, 100_000, false)).toBe(true);
    expect(shouldReload(DEAF_AFTER_MS + 1, null, false)).toBe(true);
  });
});
