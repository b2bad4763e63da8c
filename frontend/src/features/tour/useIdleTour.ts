/**
 * The tour by itself: on the page of a finished run that nobody touches. The last episodes go round first; then
 * scene follows scene, then the last episodes again. Whoever touches the page has it as it stands.
 */

import { useIdle, usePreferredReducedMotion, useTimeoutFn } from "@vueuse/core";
import { computed, ref, watch } from "vue";
import { STILL } from "@/lib/still";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";
import { useView } from "@/stores/view";

/** So long nobody has touched the page before the tour begins. */
export const IDLE_MS = 180_000;
/** So long each scene stays: time enough to read two sentences and look at the panel. */
export const SCENE_MS = 20_000;

/** `scenes`: how many there are. */
export function useIdleTour(scenes: () => number) {
  const live = useLive();
  const timeControl = useTimeControl();
  const view = useView();
  const motion = usePreferredReducedMotion();
  const { idle, reset } = useIdle(IDLE_MS);

  const begun = ref(false);
  const mayBegin = computed(
    () =>
      STILL === null &&
      idle.value &&
      live.trainer?.status === "completed" &&
      scenes() > 1 &&
      motion.value !== "reduce" &&
      timeControl.following &&
      view.tour === null &&
      view.present === null,
  );
  /** Whether the scene shown was not chosen by anybody. */
  const automatic = computed(() => begun.value && view.tour !== null);

  watch(mayBegin, (now) => {
    if (!now) return;
    begun.value = true;
    view.tour = 1;
  });
  watch(idle, (now) => {
    if (!now) begun.value = false;
  });
  const next = useTimeoutFn(
    () => {
      if (!automatic.value || view.tour === null) return;
      if (view.tour < scenes()) view.tour += 1;
      else end();
    },
    SCENE_MS,
    { immediate: false },
  );
  watch([automatic, () => view.tour], ([now]) => (now ? next.start() : next.stop()));

  /** Back to the last episodes, which go round before the tour begins anew. */
  function end(): void {
    begun.value = idle.value = false;
    view.tour = null;
    timeControl.restore(null);
    reset();
  }
  return { automatic };
}
