/** A tab left open while the server was upgraded asks for chunks that are gone: one reload gets the new page. */

const KEY = "hamlet.reloaded";
/** A second failure within this time is no upgrade, and a reload would not help. */
export const ONCE_EVERY_MS = 60_000;

/** Reload when a chunk cannot be loaded, but not again within a minute. */
export function reloadWhenUpgraded(
  target: EventTarget = window,
  reload: () => void = () => window.location.reload(),
  storage: Pick<Storage, "getItem" | "setItem"> = sessionStorage,
  now: () => number = Date.now,
): void {
  target.addEventListener("vite:preloadError", (event) => {
    const before = Number(storage.getItem(KEY) ?? -Infinity);
    if (now() - before < ONCE_EVERY_MS) return;
    storage.setItem(KEY, String(now()));
    event.preventDefault();
    reload();
  });
}
