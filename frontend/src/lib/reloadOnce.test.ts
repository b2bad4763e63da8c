import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ASK_EVERY_MS, ONCE_EVERY_MS, reloadWhenUpgraded } from "./reloadOnce";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function pageThatReloads(answers: () => Promise<boolean>) {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const page = new EventTarget();
  const reload = vi.fn();
  reloadWhenUpgraded(page, reload, storage, Date.now, answers);
  return { reload, fail: () => page.dispatchEvent(new Event("vite:preloadError")) };
}

it("reloads once when a chunk is gone, and not again right after", async () => {
  const { reload, fail } = pageThatReloads(() => Promise.resolve(true));
  fail();
  fail();
  await vi.advanceTimersByTimeAsync(0);
  fail();
  await vi.advanceTimersByTimeAsync(ONCE_EVERY_MS);
  expect(reload).toHaveBeenCalledOnce();
  fail();
  await vi.advanceTimersByTimeAsync(0);
  expect(reload).toHaveBeenCalledTimes(2);
});

it("keeps the page while the server is away", async () => {
  let isThere = false;
  const { reload, fail } = pageThatReloads(() => Promise.resolve(isThere));
  fail();
  await vi.advanceTimersByTimeAsync(10 * ONCE_EVERY_MS);
  expect(reload).not.toHaveBeenCalled();
  isThere = true;
  await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
  expect(reload).toHaveBeenCalledOnce();
});
