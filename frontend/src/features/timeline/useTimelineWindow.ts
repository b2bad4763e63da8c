/** The window of the timeline, moved so that it contains the shown episode. */

import { computed, ref, watch } from "vue";
import type { Stretch } from "@/lib/address";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";
import { holding, panned, pinched, shownOf, zoomed } from "./timelineWindow";

export function useTimelineWindow() {
  const live = useLive();
  const timeControl = useTimeControl();
  const last = computed(() => Math.max(1, live.newest));
  const window = ref<Stretch | null>(null);
  const shown = computed(() => shownOf(window.value, last.value));

  /** The position of the shown episode on the track; the middle where it is outside the window. */
  function middle(): number {
    const { first, last: end } = shown.value;
    const at = (timeControl.episode - first) / Math.max(1, end - first);
    return at >= 0 && at <= 1 ? at : 0.5;
  }

  // While the page is live, the window moves only if it contained the newest episode.
  watch([() => timeControl.episode, last], ([episode], [, lastBefore]) => {
    const elsewhere = timeControl.following && window.value !== null && window.value.last < lastBefore;
    if (!elsewhere) window.value = holding(window.value, episode, last.value);
  });

  return {
    shown,
    last,
    zoomedIn: computed(() => window.value !== null),
    /**
     * Zoom by `factor` about a position of the track, by default that of the shown episode; null shows the whole
     * run.
     */
    zoom(factor: number | null, fraction = middle()): void {
      window.value = factor === null ? null : zoomed(window.value, factor, fraction, last.value);
    },
    pan(by: number): void {
      window.value = panned(window.value, by, last.value);
    },
    pinch(held: [number, number], fractions: [number, number]): void {
      window.value = pinched(held, fractions, last.value);
    },
  };
}
