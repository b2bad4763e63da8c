/** The range of episodes of the charts: the whole run until the viewer selects a part. */

import { defineStore } from "pinia";
import { ref } from "vue";
import type { Stretch } from "@/lib/address";
import { useLive } from "./live";

/** Least number of episodes of a range. */
const SHORTEST = 10;

export const useZoom = defineStore("zoom", () => {
  const live = useLive();
  const stretch = ref<Stretch | null>(null);

  function zoomTo(a: number, b: number): void {
    const first = Math.max(1, Math.round(Math.min(a, b)));
    const last = Math.min(Math.round(Math.max(a, b)), Math.max(1, live.newest));
    if (first === 1 && last === live.newest) reset();
    else if (last - first >= SHORTEST) stretch.value = { first, last };
  }

  function reset(): void {
    stretch.value = null;
  }

  return { stretch, zoomTo, reset };
});
