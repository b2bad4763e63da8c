/**
 * Sets `data-settled` on the root element of a still page: the episode that is drawn completely. A change of the
 * address removes the mark at once, so that a program that takes pictures waits for the mark and needs no delay.
 */

import { useEventListener, useRafFn } from "@vueuse/core";
import { computed, watch } from "vue";
import { pending } from "@/lib/pending";
import { STILL } from "@/lib/still";
import { useTimeControl } from "@/stores/timeControl";

/** Number of frames without a change after which the page counts as drawn. */
const QUIET_FRAMES = 3;

export function useSettled(): void {
  if (STILL === null) return;
  const timeControl = useTimeControl();
  const root = document.documentElement;
  root.classList.add("still");
  root.dataset.still = STILL;

  /** The episode whose state and other data are complete; null while a request is open. */
  const complete = computed(() => {
    const shown = timeControl.shown?.episode ?? null;
    return pending.value === 0 && shown === timeControl.episode ? shown : null;
  });

  const changes = new MutationObserver(() => undefined);
  changes.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  let quiet = 0;
  const frames = useRafFn(() => {
    const changed = changes.takeRecords().length > 0;
    const loading = document.fonts.status === "loading" || [...document.images].some(isLoading);
    quiet = changed || loading || complete.value === null ? 0 : quiet + 1;
    if (quiet < QUIET_FRAMES) return;
    frames.pause();
    root.dataset.settled = String(complete.value);
  });

  function unsettle(): void {
    delete root.dataset.settled;
    quiet = 0;
    frames.resume();
  }
  watch([complete, () => timeControl.startStep], unsettle, { flush: "sync" });
  // The mark is removed also where the new address draws the same picture: the program waits for a new mark.
  useEventListener(window, "popstate", unsettle);
}

/** A picture with lazy loading outside the screen does not delay the mark. */
function isLoading(image: HTMLImageElement): boolean {
  return !image.complete && image.loading !== "lazy";
}
