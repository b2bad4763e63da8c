import { describe, expect, test } from "vitest";
import { decisionOf } from "./decisions";
import { networkOf, qValues, type Network, type Situation } from "@/lib/network";
import { boundary, contributions, flips } from "./questions";
import { vectors } from "./vectors";

/** One linear layer over one cell and two meters: LEFT is worth the first meter, RIGHT 0.305. */
const network: Network = {
  cells: 1,
  meters: ["warmth", "cheer"],
  affordances: [],
  actions: ["LEFT", "RIGHT"],
  sight: 0,
  layers: [
    {
      inputs: 4,
      outputs: 2,
      weights: Float32Array.of(0, 0, 1, 0, 0, 0, 0, 0),
      biases: Float32Array.of(0, 0.305),
    },
  ],
};
const at = (warmth: number, cheer: number): Situation => ({
  cell: 0,
  meters: [warmth, cheer],
  affordance: 0,
});

describe("the smallest change of one need that changes the decision", () => {
  test("is found downwards and upwards", () => {
    expect(flips(network, at(0.6, 0.5))).toEqual([{ meter: 0, level: 0.3, action: 1 }]);
    expect(flips(network, at(0.1, 0.5))).toEqual([{ meter: 0, level: 0.31, action: 0 }]);
  });
  test("may be asked for one action", () => {
    expect(flips(network, at(0.6, 0.5), 1)).toEqual([{ meter: 0, level: 0.3, action: 1 }]);
    expect(
      flips(
        { ...network, layers: [{ ...network.layers[0]!, biases: Float32Array.of(2, 0) }] },
        at(0.6, 0.5),
        1,
      ),
    ).toEqual([]);
  });
  test("of a recorded network changes the decision, and one step less does not", () => {
    const recorded = networkOf(vectors.policy);
    let found = 0;
    for (const state of vectors.states) {
      for (const flip of flips(recorded, state)) {
        found += 1;
        const best = (level: number): number => {
          const meters = state.meters.map((present, i) => (i === flip.meter ? level : present));
          return decisionOf(qValues(recorded, { ...state, meters })).best;
        };
        expect(best(flip.level)).toBe(flip.action);
        expect(flip.action).not.toBe(state.best);
        const back = flip.level < state.meters[flip.meter]! ? 0.01 : -0.01;
        expect(best(flip.level + back)).toBe(state.best);
      }
    }
    expect(found).toBeGreaterThan(10);
  });
});

test("a meter contributes what its derivative says", () => {
  expect(contributions(network, at(0.6, 0.5), 0, 1)).toEqual([1, 0]);
  expect(contributions(network, at(0.6, 0.5), 1, 0)).toEqual([-1, 0]);
});

test("the map of two meters begins above on the left: empty across, full up", () => {
  expect(boundary(network, at(0.6, 0.5), 0, 1, 4)).toEqual(Array.from({ length: 4 }, () => [1, 0, 0, 0]));
  expect(boundary(network, at(0.6, 0.5), 1, 0, 4)).toEqual([
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [1, 1, 1, 1],
  ]);
});
