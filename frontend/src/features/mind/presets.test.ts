import { expect, test } from "vitest";
import { isSame, LOW, presetsOf } from "./presets";

test("needs to start from are made of the run, whatever its meters are", () => {
  const run = { meters: ["warmth", "cheer"], vital_meters: ["warmth"] };
  expect(presetsOf(run, [0.9, 0.4])).toEqual([
    { name: "As at birth", levels: [0.9, 0.4] },
    { name: "All full", levels: [1, 1] },
    { name: "All vital low", levels: [LOW, 0.4] },
  ]);
  expect(presetsOf(run, null).map(({ name }) => name)).toEqual(["All full", "All vital low"]);
  expect(presetsOf({ meters: ["cheer"], vital_meters: [] }, null)).toEqual([
    { name: "All full", levels: [1] },
  ]);
});

test("levels that read the same are the same", () => {
  expect(isSame([0.15, 1], [0.151, 1])).toBe(true);
  expect(isSame([0.15, 1], [0.16, 1])).toBe(false);
  expect(isSame([1], [1, 1])).toBe(false);
});
