import { createPinia, setActivePinia } from "pinia";
import { beforeEach, expect, test, vi } from "vitest";
import { effectScope, nextTick, ref } from "vue";
import { api } from "@/lib/api";
import type { Policy } from "@/lib/messages";
import { usePolicies } from "@/stores/policies";
import { usePolicy } from "./usePolicy";
import { vectors } from "./vectors";

const answers: { episode: number; answer: (policy: Policy) => void; fail: (reason: Error) => void }[] = [];
vi.spyOn(api, "policy").mockImplementation(
  (episode) => new Promise((answer, fail) => answers.push({ episode, answer, fail })),
);
const policy = (episode: number): Policy => ({ ...vectors.policy, episode });
const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

beforeEach(() => {
  setActivePinia(createPinia());
  answers.length = 0;
});

function wanting(start: number | null) {
  const wanted = ref(start);
  const found = effectScope(true).run(() =>
    usePolicy(() => (wanted.value === null ? null : { episode: wanted.value })),
  )!;
  return { wanted, ...found };
}

test("while one request is under way only the newest wish waits", async () => {
  const { wanted, mind } = wanting(20);
  for (const episode of [40, 60, 80]) {
    wanted.value = episode;
    await nextTick();
  }
  expect(answers.map(({ episode }) => episode)).toEqual([20]);
  answers[0]!.answer(policy(20));
  await settled();
  expect(mind.value?.policy.episode).toBe(20);
  expect(answers.map(({ episode }) => episode)).toEqual([20, 80]);
  answers[1]!.answer(policy(80));
  await settled();
  expect(mind.value?.policy.episode).toBe(80);
});

test("a policy seen before is not asked for again, and two who want one ask once", async () => {
  const first = wanting(20);
  const second = wanting(20);
  expect(answers).toHaveLength(1);
  answers[0]!.answer(policy(20));
  await settled();
  expect(second.mind.value).toBe(first.mind.value);
  first.wanted.value = null;
  await nextTick();
  expect(first.mind.value).toBeNull();
  first.wanted.value = 20;
  await nextTick();
  expect(first.mind.value?.policy.episode).toBe(20);
  expect(answers).toHaveLength(1);
  expect(usePolicies().recorded).toEqual([20, 40]);
});

test("what the server says against it is shown, and the next wish is asked for", async () => {
  const { wanted, mind, error } = wanting(20);
  answers[0]!.fail(new Error("no policy is recorded"));
  await settled();
  expect(error.value).toBe("no policy is recorded");
  wanted.value = 40;
  await nextTick();
  answers[1]!.answer(policy(40));
  await settled();
  expect([mind.value?.policy.episode, error.value]).toEqual([40, null]);
});

const ALL = { first: 20, last: 40, every: 20 };
const LATER = { first: 55, last: 55, every: 1 };

test("the policy of another run is another policy, and is asked of that run", async () => {
  const asked = vi.mocked(api.policy).mock.calls;
  asked.length = 0;
  const own = wanting(20);
  const other = effectScope(true).run(() => usePolicy(() => ({ run: "parent", episode: 20 })))!;
  expect(asked.map(([episode, , run]) => [episode, run])).toEqual([
    [20, undefined],
    [20, "parent"],
  ]);
  answers[0]!.answer(policy(20));
  answers[1]!.answer({ ...policy(20), checkpoint: "of the parent", recorded_episodes: [ALL, LATER] });
  await settled();
  expect(other.mind.value?.policy.checkpoint).toBe("of the parent");
  expect(own.mind.value?.policy.checkpoint).not.toBe("of the parent");
  expect(usePolicies().recordedElsewhere).toEqual({ parent: [20, 40, 55] });
  expect(usePolicies().recorded).toEqual([20, 40]);
});
