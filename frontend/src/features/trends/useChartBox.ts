/** The size of the element that a chart fills. */

import { useResizeObserver } from "@vueuse/core";
import { ref, type Ref } from "vue";
import { plotAt, typeScale } from "./curves";

/** The width in CSS pixels, the scale of type, the margins of the plot; `picture` returns the element for exports. */
export function useChartBox(box: Readonly<Ref<HTMLElement | null>>) {
  const width = ref(0);
  const scale = typeScale();
  useResizeObserver(box, ([entry]) => {
    width.value = entry!.contentRect.width;
  });
  return { width, scale, plot: plotAt(scale), picture: (): HTMLElement | null => box.value };
}
