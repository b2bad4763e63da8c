import { describe, expect, it } from "vitest";
import { newsAfter } from "./news";
import { DEAF_AFTER_MS, RELOAD_AT_MOST_EVERY_MS, shouldReload } from "./useSelfHealing";

describe("news for the stream", () => {
  const annotations = [
    { episode: 800, position: 3200, kind: "stage", text: "stage 3 → 4" },
    { episode: 800, position: 3201, kind: "checkpoint", text: "checkpoint_ep00800.pt" },
    { episode: 5000, position: 20_000, kind: "randomized", text: "Affordances randomized" },
  ];

  it("announces stages in their own words and the move by name", () => {
    expect(newsAfter(annotations, 0)).toEqual([
      { position: 3200, title: "Stage 3 → 4", detail: "episode 800" },
      { position: 20_000, title: "Affordances moved", detail: "Affordances randomized, episode 5000" },
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
