import { expect, it } from "vitest";
import { sectionsOf } from "./configuration";

it("has a row for each value, named by the names in the configuration", () => {
  const sections = sectionsOf({
    training: { num_episodes: 10, pace: null, sizes: [1, 2], empty: {} },
    curriculum: { stages: [{ name: "First needs", depletion: 0.5 }, { depletion: 1 }] },
  });
  expect(sections).toEqual([
    {
      name: "training",
      rows: [
        { key: "num_episodes", value: "10" },
        { key: "pace", value: "none" },
        { key: "sizes", value: "1, 2" },
        { key: "empty", value: "none" },
      ],
    },
    {
      name: "curriculum",
      rows: [
        { key: "stages.First needs.name", value: "First needs" },
        { key: "stages.First needs.depletion", value: "0.5" },
        { key: "stages.2.depletion", value: "1" },
      ],
    },
  ]);
});
