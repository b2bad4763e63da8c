import { describe, expect, it } from "vitest";
import { END_PAUSE_MS, leastPaceOf, LIVE_MS } from "./livePace";

describe("an episode while newer ones wait", () => {
  it.each([1, 7, 75, 137, 500, 2_000])(
    "of %d steps is over within ten seconds, its end included",
    (length) => {
      const milliseconds = (length / leastPaceOf(length)) * 1000 + END_PAUSE_MS;
      expect(LIVE_MS).toBe(10_000);
      expect(milliseconds).toBeLessThanOrEqual(LIVE_MS);
    },
  );
});
