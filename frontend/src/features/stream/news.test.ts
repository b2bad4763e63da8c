import { describe, expect, it } from "vitest";
import { EXPLANATIONS, mergeNews, newsAfter } from "./news";
import { DEAF_AFTER_MS, RELOAD_AT_MOST_EVERY_MS, shouldReload } from "./useSelfHealing";

describe("news for the stream", () => {
  const annotations = [
    { episode: 800, position: 3200, kind: "stage", text: "stage 3 → 4" },
    { episode: 800, position: 3201, kind: "checkpoint", text: "checkpoint_ep00800.pt" },
    { episode: 5000, position: 20_000, kind: "randomized", text: "Affordances randomized" },
  ];

  it("announces stages in their own words and the move by name", () => {
    expect(newsAfter(annotations, 0)).toEqual([
      {
        kind: "stage",
        position: 3200,
        title: "Stage 3 → 4",
        detail: "It lives long enough, so that life is made harder (after episode 800)",
      },
      {
        kind: "randomized",
        position: 20_000,
        title: "Affordances moved",
        detail: "Everything in town stands elsewhere now, and nobody tells the agent (after episode 5,000)",
      },
    ]);
  });

  it("explains every kind in one line", () => {
    for (const kind of Object.keys(EXPLANATIONS)) {
      const [news] = newsAfter([{ kind, text: "stage 1 → 2", episode: 12_345, position: 9 }], 0);
      expect(news!.title).not.toBe("");
      expect(news!.detail.length).toBeGreaterThan(40);
      // A line of the banner has room for so many letters of its size.
      expect(news!.detail.length).toBeLessThan(100);
    }
    const back = { kind: "stage", text: "agent 3: stage 4 → 3", episode: 1, position: 9 };
    expect(newsAfter([back], 0)[0]!.detail).toContain("easier");
    expect(newsAfter([{ ...back, kind: "checkpoint" }], 0)).toEqual([]);
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
