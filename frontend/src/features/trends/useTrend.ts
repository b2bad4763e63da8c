/** Fetches the data of a trend for the zoomed range, and updates them while the run continues. */

import { watch, type ShallowRef } from "vue";
import { usePolled } from "@/lib/usePolled";
import { useZoom } from "@/stores/zoom";
import type { Trend } from "./trend";

/** Number of points: enough for a curve on a wide screen, few enough for means that can be read. */
const POINTS = 640;

export function useTrend<Data>(trend: Trend<Data>): ShallowRef<Data | null> {
  const zoom = useZoom();
  const polled = usePolled((signal) => trend.fetch({ ...zoom.stretch, points: POINTS }, signal), 10_000);
  watch(() => zoom.stretch, polled.refresh);
  return polled.value;
}
