/** Takes whole steps at a pace, frame by frame, for as long as it is told to run. */

import { useRafFn } from "@vueuse/core";
import { watch } from "vue";

/** A tab that slept owes no more steps than this: nobody watched the rest. */
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
