/** Calls a function with whole steps at a given pace, frame by frame. */

import { useRafFn } from "@vueuse/core";
import { watch } from "vue";

/** Longest frame: after a pause of the tab, steps of a longer time are not made up for. */
const LONGEST_FRAME_S = 0.25;

/** While `running`, call `advance` with the number of steps due, `perSecond()` of them a second on average. */
export function usePacedSteps(
  running: () => boolean,
  perSecond: () => number,
  advance: (steps: number) => void,
): void {
  let due = 0;
  const frames = useRafFn(
    ({ delta }) => {
      due += Math.min(LONGEST_FRAME_S, delta / 1000) * perSecond();
      const whole = Math.floor(due);
      due -= whole;
      if (whole > 0) advance(whole);
    },
    { immediate: false },
  );
  watch(
    running,
    (now) => {
      due = 0;
      if (now) frames.resume();
      else frames.pause();
    },
    { immediate: true },
  );
}
