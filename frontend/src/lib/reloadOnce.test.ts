import { expect, it, vi } from "vitest";
import { ONCE_EVERY_MS, reloadWhenUpgraded } from "./reloadOnce";

it("reloads once when a chunk is gone, and not again right after", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const page = new EventTarget();
  const reload = vi.fn();
  let now = 1_000_000;
  reloadWhenUpgraded(page, reload, storage, () => now);
  page.dispatchEvent(new Event("vite:preloadError"));
  page.dispatchEvent(new Event("vite:preloadError"));
  expect(reload).toHaveBeenCalledOnce();
  now += ONCE_EVERY_MS;
  page.dispatchEvent(new Event("vite:preloadError"));
  expect(reload).toHaveBeenCalledTimes(2);
});
