import { describe, expect, it } from "vitest";
import { nextEpisode } from "./episodeRound";

/** The episodes shown one after the other while `newest` stays what it is. */
function round(newest: number, turns: number): number[] {
  const shown: number[] = [];
  for (let i = 0; i < turns; i += 1) {
    shown.push(nextEpisode(shown.at(-1) ?? null, shown.length ? newest : null, newest));
  }
  return shown;
}

describe("the next episode on the map", () => {
  it("is the newest one as long as there are newer ones", () => {
    expect(nextEpisode(null, null, 40)).toBe(40);
    expect(nextEpisode(40, 40, 97)).toBe(97);
    expect(nextEpisode(38, 40, 41)).toBe(41);
  });

  it("goes round through the last ones when nothing newer comes", () => {
    expect(round(40, 10)).toEqual([40, 39, 38, 37, 36, 35, 34, 33, 40, 39]);
  });

  it("stays within a run of few episodes", () => {
    expect(round(2, 4)).toEqual([2, 1, 2, 1]);
    expect(round(1, 3)).toEqual([1, 1, 1]);
  });

  it("is the newest one after a resume took some away", () => expect(nextEpisode(40, 40, 30)).toBe(30));
});
