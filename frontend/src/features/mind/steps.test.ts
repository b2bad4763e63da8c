import { expect, test } from "vitest";
import type { EpisodeReplay } from "@/lib/messages";
import { networkOf } from "@/lib/network";
import { newestBy, oneStepOf, stepsOf } from "./steps";
import { vectors } from "./vectors";

const network = networkOf(vectors.policy);
const town = { width: vectors.width, height: vectors.height, layout: [] };
const somewhere = vectors.states.filter(({ affordance }) => affordance === 3).slice(0, 3);
const replay = {
  layout: [],
  path: [...somewhere.map(({ cell }) => cell), 0],
  actions: somewhere.map(({ best, second }, i) => (i === 1 ? second : best)),
  meters: [...somewhere.map(({ meters }) => meters.map((level) => Math.round(level * 255))), [0, 0]],
} as unknown as EpisodeReplay;

test("each step has what was expected of the action taken, and whether it was the greedy one", () => {
  const steps = stepsOf(network, replay, town)!;
  expect(steps.map(({ differs }) => differs)).toEqual([false, true, false]);
  steps.forEach((step, i) => expect(step.q[step.taken]).toBeCloseTo(somewhere[i]!.q[replay.actions[i]!]!, 1));
  expect(steps[1]).toMatchObject({ best: somewhere[1]!.best, taken: somewhere[1]!.second });
});

test("one step alone is the same step", () => {
  expect(oneStepOf(network, replay, town, 1)).toEqual(stepsOf(network, replay, town)![1]);
  expect(oneStepOf(network, replay, town, replay.actions.length)).toBeNull();
});

test("an episode that was not traced has no steps", () => {
  expect(stepsOf(network, { ...replay, actions: [], meters: [] }, town)).toBeNull();
});

test("an episode is judged by no policy that was learnt after it", () => {
  expect(newestBy([100, 200, 300], 199)).toBe(100);
  expect(newestBy([100, 200, 300], 200)).toBe(200);
  expect(newestBy([300, 100, 200], 9000)).toBe(300);
  expect(newestBy([100], 99)).toBeNull();
  expect(newestBy([], 5)).toBeNull();
});
