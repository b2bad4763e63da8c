import { expect, test } from "vitest";
import {
  affordanceOf,
  affordancesByCell,
  decisionOf,
  decisionsEverywhere,
  destinationsOf,
  leftByCell,
  nextCell,
  quantile,
  tally,
  type Town,
} from "./decisions";
import { networkOf, qValues, type Network } from "@/lib/network";
import { vectors } from "./vectors";

const network: Network = networkOf(vectors.policy);
const town: Town = {
  width: 3,
  height: 4,
  layout: [
    { name: "HotSpring", x: 2, y: 0 },
    { name: "Berries", x: 0, y: 3 },
    { name: "Unknown", x: 1, y: 1 },
  ],
};

/** A decision in each cell, drawn as signs: one row of the town a word. */
function drawn(...rows: string[]) {
  const actions = "^v<>*";
  return rows
    .join("")
    .split("")
    .map((sign) => {
      const q = new Float32Array(5);
      q[actions.indexOf(sign)] = 1;
      return decisionOf(q);
    });
}

test("the margin is how far the best action is ahead of the second", () => {
  expect(decisionOf(Float32Array.of(0.25, 1, 0.75))).toMatchObject({ best: 1, second: 2, margin: 0.25 });
  expect(decisionOf(Float32Array.of(2, 1, 1))).toMatchObject({ best: 0, second: 1, margin: 1 });
  expect(decisionOf(Float32Array.of(1))).toMatchObject({ best: 0, second: 0, margin: 0 });
});

test("each cell is asked with the affordance that stands there", () => {
  const here = affordancesByCell(network, town);
  expect(here).toEqual([3, 3, 1, 3, 3, 3, 3, 3, 3, 2, 3, 3]);
  const decisions = decisionsEverywhere(network, town, [0.5, 0.25]);
  expect(decisions).toHaveLength(12);
  expect([...decisions[2]!.q]).toEqual([
    ...qValues(network, { cell: 2, meters: [0.5, 0.25], affordance: 1 }),
  ]);
});

test("arrows lead to an affordance, round in circles, or nowhere", () => {
  const decisions = drawn(
    ">>*", // to the hot spring, which is used
    "^v<", // the second: down into the loop; the third: to it
    "v>v", // the second: right, down, left, up … round
    "*^<", // the first: the berries are used
  );
  expect(destinationsOf(network, town, decisions)).toEqual([
    1,
    1,
    1,
    1,
    "loop",
    "loop",
    2,
    "loop",
    "loop",
    2,
    "loop",
    "loop",
  ]);
});

test("a wall, and the use of nothing, are dead ends", () => {
  const decisions = drawn("^<*", "^**", "^<<", "<<<");
  expect(destinationsOf(network, town, decisions)).toEqual([
    "still",
    "still",
    1,
    "still",
    "still",
    "still",
    "still",
    "still",
    "still",
    // Against a wall, but where the berries are.
    2,
    2,
    2,
  ]);
});

test("arrows that go through a place again and again lead to it, and to where one was before the move", () => {
  const former = [
    { name: "HotSpring", x: 0, y: 0 },
    { name: "Berries", x: 2, y: 0 },
  ];
  // Round in circles between the spring and its left neighbour; a wall where the spring was; to the berries' old cell.
  const decisions = drawn("^><", "^>^", "^*^", ">><");
  const found = destinationsOf(network, { ...town, former }, decisions);
  expect(found.slice(0, 6)).toEqual(["left 1", 1, 1, "left 1", 1, 1]);
  // The berries' old cell is taken: the spring stands there now.
  expect([...leftByCell(network, { ...town, former })]).toEqual([[0, 1]]);
  expect(found[7]).toBe("still");
  expect(found.map(affordanceOf).slice(6, 8)).toEqual([1, null]);
  expect(affordanceOf("left 2")).toBe(2);
});

test("walls stop a move, and an action on the spot stays there", () => {
  expect(nextCell("RIGHT", 2, town)).toBe(2);
  expect(nextCell("DOWN", 2, town)).toBe(5);
  expect(nextCell("UP", 1, town)).toBe(1);
  expect(nextCell("INTERACT", 4, town)).toBe(4);
  expect(nextCell("DOWN", 1, town, new Set([4]))).toBe(1);
});

test("destinations are counted, most first", () => {
  expect(tally([1, "loop", 1, 0, 1, "loop"])).toEqual([
    [1, 3],
    ["loop", 2],
    [0, 1],
  ]);
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([], 0.5)).toBe(0);
});
