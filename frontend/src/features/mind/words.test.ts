import { expect, test } from "vitest";
import { decisionOf } from "./decisions";
import { networkOf } from "@/lib/network";
import { vectors } from "./vectors";
import { cellSentence, contributionSentence, flipSentence, mapSentence, placeOf, sharesOf } from "./words";

const network = networkOf(vectors.policy);
const town = { width: 3, height: 4, layout: [] };
const decision = decisionOf(Float32Array.of(0.5, 1.25, 0, 0, 1));

test("the map says where its arrows lead, dead ends too, and how sure they are", () => {
  expect(mapSentence(network, [decision, decision, decision, decision], [1, 1, "loop", "still"])).toBe(
    "Of 4 cells, 2 lead to Hot spring; 1 round in circles, 1 to staying in place. The best action is ahead by 0.25 in the median cell.",
  );
  expect(mapSentence(network, [decision], ["loop"])).toMatch(/^No cell leads anywhere; 1 round in circles\./);
  expect(mapSentence(network, [decision, decision], ["left 1", "left 1"])).toMatch(
    /^Of 2 cells, 2 lead to where Hot spring was\./,
  );
  const many = [0, 0, 1, 2, 2, 2] as const;
  expect(
    mapSentence(
      network,
      many.map(() => decision),
      many,
    ),
  ).toMatch(/^Of 6 cells, 3 lead to Berries, 2 to Stove, 1 to Hot spring\./);
});

test("a cell says what it would do, what that is worth, and where it leads", () => {
  expect(placeOf(5, town)).toBe("column 3, row 2");
  expect(cellSentence(network, town, 5, decision, 1)).toBe(
    "In column 3, row 2 it would go down: it expects 1.25, 0.25 more than if it would use what is here; that leads to Hot spring.",
  );
  expect(cellSentence(network, town, 5, decision, "loop")).toMatch(/its arrows lead round in circles\.$/);
});

test("meters speak for and against", () => {
  expect(contributionSentence(network, [0.4, -2], 1, 4)).toBe(
    "To the lead of ↓ over ●, 10% more warmth adds 0.04, and 10% more cheer takes 0.2 away.",
  );
  expect(contributionSentence(network, [0, 0], 1, 4)).toBe("No meter changes the lead of ↓ over ● here.");
});

test("the smallest change that changes the decision is said in the meter's own unit", () => {
  const run = { meter_full_scale: { cheer: 50 }, currency: "$" };
  expect(flipSentence(network, [0.6, 0.5], [{ meter: 0, level: 0.31, action: 4 }], run)).toBe(
    "Once warmth falls to 31% it would use what is here.",
  );
  expect(flipSentence(network, [0.6, 0.5], [{ meter: 1, level: 0.8, action: 0 }], run)).toBe(
    "Once cheer rises to $40 it would go up.",
  );
  expect(flipSentence(network, [0.6, 0.5], [], run)).toBe(
    "No change of a single meter changes this decision.",
  );
  expect(flipSentence(network, [0.6, 0.5], [], run, 0)).toBe("No change of a single meter makes it go up.");
});

test("shares of a map of decisions add up to all of it", () => {
  expect(
    sharesOf([
      [1, 1],
      [1, 4],
    ]),
  ).toEqual([
    [1, 0.75],
    [4, 0.25],
  ]);
});
