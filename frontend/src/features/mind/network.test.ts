import { expect, test } from "vitest";
import { decisionOf, seenIn } from "./decisions";
import { meterGradients, networkOf, qValues } from "@/lib/network";
import { vectors } from "./vectors";

const network = networkOf(vectors.policy);

test("values and greedy actions are those of numpy", () => {
  for (const state of vectors.states) {
    const q = qValues(network, state);
    state.q.forEach((value, action) => expect(q[action]).toBeCloseTo(value, 4));
    expect(decisionOf(q)).toMatchObject({ best: state.best, second: state.second });
  }
});

test("an agent with a window is asked with what stands near it, in a town with walls and an edge", () => {
  const { policy, states, layout, walls } = vectors.window;
  const windowed = networkOf(policy);
  const seen = seenIn(windowed, { width: vectors.width, height: vectors.height, layout, walls });
  for (const { cell, meters, affordance, q } of states) {
    expect(seen(cell)).toMatchObject({ cell, affordance });
    const found = qValues(windowed, { ...seen(cell), meters });
    q.forEach((value, action) => expect(found[action]).toBeCloseTo(value, 4));
  }
});

test("what a meter changes in the lead is what numpy says", () => {
  for (const state of vectors.states) {
    const found = meterGradients(network, state, state.best, state.second);
    expect(found).toHaveLength(state.meters.length);
    state.gradients.forEach((value, meter) => expect(found[meter]).toBeCloseTo(value, 4));
  }
});

test("an action is not ahead of itself, whatever the meters", () => {
  expect([...meterGradients(network, vectors.states[0]!, 1, 1)]).toEqual([0, 0]);
});

test("weights that do not fit the layers are an error", () => {
  const policy = { ...vectors.policy, layer_sizes: [18, 8, 5] };
  expect(() => networkOf(policy)).toThrow(/needs 197 weights/);
});
