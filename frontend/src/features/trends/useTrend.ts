/** The data of a trend: those of the stretch zoomed into, kept up to date while the run goes on. */

import { watch, type ShallowRef } from "vue";
import { usePolled } from "@/lib/usePolled";
import { useZoom } from "@/stores/zoom";
import type { Trend } from "./trend";

/** Enough for a curve that is as wide as a phone or half a desk, few enough to be read as means. */
const POINTS = 640;

export function useTrend<Data>(trend: Trend<Data>): ShallowRef<Data | null> {
  const zoom = useZoom();
  const polled = usePolled((signal) => trend.fetch({ ...zoom.stretch, points: POINTS }, signal), 10_000);
  watch(() => zoom.stretch, polled.refresh);
  return polled.value;
}
