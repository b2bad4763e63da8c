/**
 * Fetches the data of a trend for the zoomed range, and updates them while the run continues. The first answer has half of
 * the points, so that a slow connection shows a curve soon; all points follow when no other request is under way.
 */

import { ref, watch, type ShallowRef } from "vue";
import { FROZEN } from "@/lib/frozen/frozen";
import { calm } from "@/lib/pending";
import { STILL } from "@/lib/still";
import { usePolled } from "@/lib/usePolled";
import { useZoom } from "@/stores/zoom";
import type { Trend } from "./trend";

/** Number of points: enough for a curve on a wide screen, few enough for means that can be read. */
const POINTS = 640;

export function useTrend<Data>(trend: Trend<Data>): ShallowRef<Data | null> {
  const zoom = useZoom();
  const points = ref(FROZEN || STILL ? POINTS : POINTS / 2);
  const polled = usePolled(
    (signal) => trend.fetch({ ...zoom.stretch, points: points.value }, signal),
    10_000,
  );
  watch([() => zoom.stretch, points], polled.refresh);
  watch(polled.value, () => void calm().then(() => (points.value = POINTS)), { once: true });
  return polled.value;
}
