import { expect, test } from "vitest";
import { feelingsOf, feelingWords, feels, isSame, toggled, usualLevels } from "./presets";

const run = { meters: ["warmth", "cheer", "luck"], vital_meters: ["warmth"], when_low: { warmth: "cold" } };
const [cold, gloomy] = feelingsOf(run) as [
  ReturnType<typeof feelingsOf>[number],
  ReturnType<typeof feelingsOf>[number],
];

test("feelings are made of the run, whatever its meters are, in its words where it has some", () => {
  expect(feelingsOf(run)).toEqual([
    { meter: 0, name: "Cold", low: 0.15 },
    { meter: 1, name: "Low on cheer", low: 0 },
    { meter: 2, name: "Low on luck", low: 0 },
  ]);
});

test("feelings can be combined, and taken back to the usual level", () => {
  const usual = [0.5, 0.4, 0.3];
  const one = toggled(usual, cold, usual);
  const both = toggled(one, gloomy, usual);
  expect([one, both]).toEqual([
    [0.15, 0.4, 0.3],
    [0.15, 0, 0.3],
  ]);
  expect(toggled(both, cold, usual)).toEqual([0.5, 0, 0.3]);
  expect(toggled(both, gloomy, [0.5, 0, 0.3])).toEqual([0.15, 1, 0.3]);
  expect([feels(both, cold), feels(usual, cold)]).toEqual([true, false]);
  expect(feelingWords(both, feelingsOf(run))).toBe("Cold and low on cheer");
  expect(feelingWords(usual, feelingsOf(run))).toBe("With these needs");
});

test("usual levels are the means of an episode, in whole per cent", () => {
  expect(
    usualLevels({
      meters: [
        [255, 0, 51],
        [0, 0, 51],
      ],
    }),
  ).toEqual([0.5, 0, 0.2]);
  expect(usualLevels({ meters: [] })).toBeNull();
});

test("levels that read the same are the same", () => {
  expect(isSame([0.15, 1], [0.151, 1])).toBe(true);
  expect(isSame([0.15, 1], [0.16, 1])).toBe(false);
  expect(isSame([1], [1, 1])).toBe(false);
});
