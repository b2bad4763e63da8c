/** The viewer's settings of the charts: smoothing, horizontal axis, logarithmic vertical axes. */

import { defineStore } from "pinia";
import { computed, ref, watch } from "vue";
import { START_VIEW, type Smoothing, type XAxis } from "@/lib/address";
import { api } from "@/lib/api";
import { usePolled } from "@/lib/usePolled";
import { xScale } from "@/lib/xScale";
import { useZoom } from "./zoom";

/** Number of points of the clock; between two points time and steps are interpolated. */
const CLOCK_POINTS = 400;

export const useCharts = defineStore("charts", () => {
  const zoom = useZoom();
  const smoothing = ref<Smoothing>(START_VIEW.smooth);
  const xAxis = ref<XAxis>(START_VIEW.x);
  const logarithmic = ref<string[]>([]);

  const clock = usePolled(
    async (signal) =>
      xAxis.value === "episodes" ? null : api.clock({ ...zoom.stretch, points: CLOCK_POINTS }, signal),
    10_000,
  );
  watch([xAxis, () => zoom.stretch], clock.refresh);
  const scale = computed(() => xScale(xAxis.value, clock.value.value));

  function toggleLogarithmic(key: string): void {
    logarithmic.value = logarithmic.value.includes(key)
      ? logarithmic.value.filter((other) => other !== key)
      : [...logarithmic.value, key];
  }

  return { smoothing, xAxis, logarithmic, scale, toggleLogarithmic };
});
