/** Series of metrics for a chart: those of the stretch zoomed into, kept up to date while the run goes on. */

import { watch, type ShallowRef } from "vue";
import type { Series } from "@/lib/messages";
import { api, type SeriesMetric } from "@/lib/api";
import { usePolled } from "@/lib/usePolled";
import { useZoom } from "@/stores/zoom";

/** Enough for a curve that is as wide as a phone or half a desk, few enough to be read as means. */
const POINTS = 640;

export function useSeries<M extends SeriesMetric>(
  metrics: readonly M[],
): ShallowRef<Record<M, Series> | null> {
  const zoom = useZoom();
  const polled = usePolled(async (signal) => {
    const window = { ...zoom.stretch, points: POINTS };
    const all = await Promise.all(metrics.map((metric) => api.series(metric, window, signal)));
    return Object.fromEntries(metrics.map((metric, i) => [metric, all[i]])) as Record<M, Series>;
  }, 10_000);
  watch(() => zoom.stretch, polled.refresh);
  return polled.value;
}
