/** Reloads a page once if the files of an older build are gone because the server was upgraded. */

const KEY = "hamlet.reloaded";
/** After a second failure within this time, an upgrade is not the reason and a reload would not help. */
export const ONCE_EVERY_MS = 60_000;
/** Interval of asking a server that does not answer: a reload without the server would lose the page. */
export const ASK_EVERY_MS = 2_000;

/** Reload when a chunk cannot be loaded, as soon as the server answers, but not again within a minute. */
export function reloadWhenUpgraded(
  target: EventTarget = window,
  reload: () => void = () => window.location.reload(),
  storage: Pick<Storage, "getItem" | "setItem"> = sessionStorage,
  now: () => number = Date.now,
  answers: () => Promise<boolean> = serverAnswers,
): void {
  let waiting = false;
  async function reloadOnceAnswered(): Promise<void> {
    while (!(await answers())) await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
    waiting = false;
    storage.setItem(KEY, String(now()));
    reload();
  }
  target.addEventListener("vite:preloadError", (event) => {
    const before = Number(storage.getItem(KEY) ?? -Infinity);
    if (now() - before < ONCE_EVERY_MS) return;
    event.preventDefault();
    if (waiting) return;
    waiting = true;
    void reloadOnceAnswered();
  });
}

async function serverAnswers(): Promise<boolean> {
  try {
    return (await fetch(document.baseURI, { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
