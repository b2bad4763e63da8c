/**
 * Starts the tour on the page of a finished run that nobody uses. The last episodes are shown first, then all
 * scenes, then the last episodes again. Any action of a viewer stops it.
 */

import { useIdle, usePreferredReducedMotion, useTimeoutFn } from "@vueuse/core";
import { computed, ref, watch } from "vue";
import { STILL } from "@/lib/still";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";
import { useView } from "@/stores/view";

/** Time without an action of the viewer after which the tour starts. */
export const IDLE_MS = 180_000;
/** Time for which a scene is shown: enough to read two sentences and look at the panel. */
export const SCENE_MS = 20_000;

/** `scenes`: number of scenes. */
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
  /** Whether the scene was chosen by the tour and not by the viewer. */
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

  /** Back to the last episodes, which are shown before the tour starts again. */
  function end(): void {
    begun.value = idle.value = false;
    view.tour = null;
    timeControl.restore(null);
    reset();
  }
  return { automatic };
}
