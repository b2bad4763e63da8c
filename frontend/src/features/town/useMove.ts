/** Shows a move of the affordances: the signs move to their new cells once, under a banner. */

import { useTimeoutFn } from "@vueuse/core";
import { computed, ref, watch } from "vue";
import type { Placement } from "@/lib/messages";
import { count } from "@/lib/format";
import { useTimeControl } from "@/stores/timeControl";

/** Duration of the signs' movement, and a little more. */
const SLIDE_MS = 1_800;
const BANNER_MS = 9_000;

/** `layout`: the drawn layout. */
export function useMove(layout: () => readonly Placement[]) {
  const timeControl = useTimeControl();
  const sliding = ref(false);
  const banner = ref("");
  /** The newest move that was shown, or that happened before the page was opened. */
  let shown: number | null | undefined;
  const slide = useTimeoutFn(() => (sliding.value = false), SLIDE_MS, { immediate: false });
  const say = useTimeoutFn(() => (banner.value = ""), BANNER_MS, { immediate: false });
  const moved = computed(() => timeControl.shown?.recovery.moved_at ?? null);

  watch(
    () => [layoutKey(layout()), timeControl.playState] as const,
    ([now, playState], [before, playedBefore]) => {
      const present = layoutKey(timeControl.shown?.layout ?? []);
      if (moved.value === null) shown = null;
      if (now === "" || now !== present || moved.value === shown) return;
      const seen =
        shown !== undefined && before !== "" && playState !== "paused" && playState === playedBefore;
      shown = moved.value;
      if (!seen || moved.value === null) return;
      sliding.value = true;
      banner.value = `After episode ${count(moved.value)} everything in town was moved. The agent is told nothing.`;
      slide.start();
      say.start();
    },
    { flush: "pre" },
  );
  return { sliding, banner };
}

function layoutKey(layout: readonly Placement[]): string {
  return layout.map(({ name, x, y }) => `${name} ${x} ${y}`).join();
}
