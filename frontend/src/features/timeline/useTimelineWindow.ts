/** The zoom of the timeline: moved along so that the moment looked at stays on the track. */

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

  /** Where the moment looked at lies on the track; its middle when it lies outside. */
  function middle(): number {
    const { first, last: end } = shown.value;
    const at = (timeControl.episode - first) / Math.max(1, end - first);
    return at >= 0 && at <= 1 ? at : 0.5;
  }

  // While following, the window goes along only if it showed the newest episode: the viewer may look elsewhere.
  watch([() => timeControl.episode, last], ([episode], [, lastBefore]) => {
    const elsewhere = timeControl.following && window.value !== null && window.value.last < lastBefore;
    if (!elsewhere) window.value = holding(window.value, episode, last.value);
  });

  return {
    shown,
    last,
    zoomedIn: computed(() => window.value !== null),
    /** Zoom by `factor` about a place of the track, by default about the moment looked at; null: show everything. */
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
