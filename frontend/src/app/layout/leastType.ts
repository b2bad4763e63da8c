/** The smallest type of a page whose viewers cannot come nearer, as a stream's. */

import { useWindowSize } from "@vueuse/core";
import { computed, type ComputedRef } from "vue";

/** `--least-type` of the page in CSS pixels; 0 where a page sets none. */
export function useLeastType(): ComputedRef<number> {
  const screen = useWindowSize();
  return computed(() => {
    // A rem of such a page is a share of the screen.
    if (screen.width.value === 0 || screen.height.value === 0) return 0;
    const root = getComputedStyle(document.documentElement);
    return Number.parseFloat(root.getPropertyValue("--least-type")) * Number.parseFloat(root.fontSize) || 0;
  });
}
