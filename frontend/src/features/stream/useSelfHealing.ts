/**
 * Reloads the page of a stream that runs for days without a person. The socket reconnects by itself; a reload
 * follows an error of the page, or a server that answers while this page receives no message.
 */

import { useEventListener, useIntervalFn } from "@vueuse/core";
import { STILL } from "@/lib/still";
import { useConnection } from "@/stores/connection";

const CHECK_MS = 15_000;
/** After this time without a message the page itself is at fault, if the server answers. */
export const DEAF_AFTER_MS = 60_000;
/** Least time between two reloads, so that a page with a permanent error does not flicker. */
export const RELOAD_AT_MOST_EVERY_MS = 60_000;

/** Whether to reload; times in milliseconds since the page was opened; `heardAt` null before the first message. */
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
