/** Reloads a page once if the files of an older build are gone because the server was upgraded. */

const KEY = "hamlet.reloaded";
/** After a second failure within this time, an upgrade is not the reason and a reload would not help. */
export const ONCE_EVERY_MS = 60_000;

/** Reload after a chunk could not be loaded, at most once a minute. */
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
