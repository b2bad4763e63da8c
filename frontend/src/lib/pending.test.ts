import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { calm, pending, track } from "./pending";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("waits until nothing is under way, what begins meanwhile included", async () => {
  const ends: (() => void)[] = [];
  const work = (): Promise<void> => track(new Promise<void>((end) => ends.push(end)));
  let isCalm = false;
  const first = work();
  void calm().then(() => (isCalm = true));
  await vi.advanceTimersByTimeAsync(1_000);
  const second = work();
  ends[0]!();
  await first;
  await vi.advanceTimersByTimeAsync(1_000);
  expect([pending.value, isCalm]).toEqual([1, false]);
  ends[1]!();
  await second;
  await vi.advanceTimersByTimeAsync(1_000);
  expect([pending.value, isCalm]).toEqual([0, true]);
});

it("waits for nothing that takes for ever", async () => {
  let isCalm = false;
  void track(new Promise(() => undefined));
  void calm().then(() => (isCalm = true));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(isCalm).toBe(true);
});
