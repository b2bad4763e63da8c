/** Walks through recorded episodes at human speed: which step is shown, and how it advances. */

import { computed, ref, watch, type ComputedRef, type Ref } from "vue";
import { usePreferredReducedMotion } from "@vueuse/core";
import { STILL } from "@/lib/still";
import { usePacedSteps } from "@/lib/usePacedSteps";

/** Steps per second; 6 is a pace at which an eye follows the walker from cell to cell. */
export const PACES = [3, 6, 12, 30] as const;
export type Pace = (typeof PACES)[number];

export interface Player {
  /** The step shown, 0 (before the first) to `last`. */
  step: Ref<number>;
  last: ComputedRef<number>;
  playing: Ref<boolean>;
  /** The pace the viewer chose. */
  pace: Ref<Pace>;
  /** The pace the episode is walked at, at least the chosen one. */
  actualPace: ComputedRef<number>;
  atEnd: ComputedRef<boolean>;
  /** Go to a step and stay there. */
  goTo(step: number): void;
  setPace(pace: Pace): void;
  /** Play, pause, or play again from the start when the episode is over. */
  toggle(): void;
}

export interface Recorded {
  /** What is played: anything that changes when something else is. */
  recording(): unknown;
  /** Steps of the recording. */
  length(): number;
  /** Whether a new recording plays by itself. */
  startPlaying(): boolean;
  /** The step a new recording starts at; null and left out: its beginning, or on a still page its end. */
  startStep?(): number | null;
  /** Steps a second that are due at the least, 0 if left out. */
  leastPace?(): number;
}

export function usePlayer(recorded: Recorded): Player {
  const motion = usePreferredReducedMotion();
  const step = ref(0);
  const playing = ref(false);
  const pace = ref<Pace>(6);
  const last = computed(() => Math.max(0, recorded.length()));
  const atEnd = computed(() => step.value >= last.value);
  const actualPace = computed(() => Math.max(pace.value, recorded.leastPace?.() ?? 0));

  usePacedSteps(
    () => playing.value,
    () => actualPace.value,
    (steps) => {
      step.value = Math.min(last.value, step.value + steps);
      if (atEnd.value) playing.value = false;
    },
  );

  function start(): void {
    step.value = Math.min(last.value, recorded.startStep?.() ?? (STILL ? last.value : 0));
    // Who prefers stillness sees nothing walk before they ask for it; the step buttons go on one by one.
    playing.value = !STILL && last.value > 0 && motion.value !== "reduce" && recorded.startPlaying();
  }
  watch(recorded.recording, start);
  watch(() => recorded.startStep?.(), start);

  return {
    step,
    last,
    playing,
    pace,
    actualPace,
    atEnd,
    goTo(target) {
      playing.value = false;
      step.value = Math.min(last.value, Math.max(0, target));
    },
    setPace(chosen) {
      pace.value = chosen;
    },
    toggle() {
      if (!playing.value && atEnd.value) step.value = 0;
      playing.value = !playing.value;
    },
  };
}
