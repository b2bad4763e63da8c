/**
 * A stream runs for days with nobody there to press reload. Lost connections mend themselves elsewhere; here
 * the page is loaded anew when it broke, or when the server has been back for a while but this page hears nothing.
 */

import { useEventListener, useIntervalFn } from "@vueuse/core";
import { STILL } from "@/lib/still";
import { useConnection } from "@/stores/connection";

const CHECK_MS = 15_000;
/** With no word for this long something is wrong with the page itself, if the server answers. */
export const DEAF_AFTER_MS = 60_000;
/** Never reload more often than this, so that a page that cannot live does not flicker. */
export const RELOAD_AT_MOST_EVERY_MS = 60_000;

/** Whether to reload: times in milliseconds since the page was opened; `heardAt` null when it never heard a word. */
export function shouldReload(now: number, heardAt: number | null, broken: boolean): boolean {
  if (now < RELOAD_AT_MOST_EVERY_MS) return false;
  return broken || now - (heardAt ?? 0) > DEAF_AFTER_MS;
}

export function useSelfHealing(): void {
  if (STILL) return;
  const connection = useConnection();
  const openedAt = Date.now();
  let broken = false;
  const breaks = (): void => void (broken = true);

  async function check(): Promise<void> {
    const heardAt = connection.heardAt === null ? null : connection.heardAt - openedAt;
    if (!shouldReload(Date.now() - openedAt, heardAt, broken)) return;
    const page = await fetch(window.location.pathname, { cache: "no-store" }).catch(() => null);
    if (page?.ok) window.location.reload();
  }

  useIntervalFn(() => void check(), CHECK_MS);
  useEventListener(window, ["error", "unhandledrejection"], breaks);
  useEventListener(window, "vite:preloadError", breaks);
}
