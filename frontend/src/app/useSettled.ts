/**
 * Says on a still page, as `data-settled` on the root element, which episode is drawn completely. The mark is gone
 * as soon as the address asks for another moment, so that whoever takes pictures waits for the mark and for no time.
 */

import { useEventListener, useRafFn } from "@vueuse/core";
import { computed, watch } from "vue";
import { pending } from "@/lib/pending";
import { STILL } from "@/lib/still";
import { useTimeControl } from "@/stores/timeControl";

/** After so many frames in which nothing changed, charts are painted and parts that come into view are asked for. */
const QUIET_FRAMES = 3;

export function useSettled(): void {
  if (STILL === null) return;
  const timeControl = useTimeControl();
  const root = document.documentElement;
  root.classList.add("still");
  root.dataset.still = STILL;

  /** The episode whose state is here, and everything that was asked for with it; null while something is missing. */
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
  // Also where the new address draws the same: whoever changed it waits for a mark that comes after it.
  useEventListener(window, "popstate", unsettle);
}

/** A picture that waits to come into view is not waited for. */
function isLoading(image: HTMLImageElement): boolean {
  return !image.complete && image.loading !== "lazy";
}
