/** Walks through recorded episodes at human speed: which step is shown, and how it advances. */

import { computed, ref, watch, type ComputedRef, type Ref } from "vue";
import { usePacedSteps } from "@/lib/usePacedSteps";

/** Steps per second; 6 is a pace at which an eye follows the walker from cell to cell. */
export const PACES = [3, 6, 12, 30] as const;
export type Pace = (typeof PACES)[number];

export interface Player {
  /** The step shown, 0 (before the first) to `last`. */
  step: Ref<number>;
  last: ComputedRef<number>;
  playing: Ref<boolean>;
  pace: Ref<Pace>;
  atEnd: ComputedRef<boolean>;
  /** Go to a step and stay there. */
  goTo(step: number): void;
  setPace(pace: Pace): void;
  /** Play, pause, or play again from the start when the episode is over. */
  toggle(): void;
}

/**
 * `recording` is what is played (anything that changes when something else is), `length` its number of steps.
 * Each new recording starts from its first step, playing if `startPlaying` says so then.
 */
export function usePlayer(
  recording: () => unknown,
  length: () => number,
  startPlaying: () => boolean,
): Player {
  const step = ref(0);
  const playing = ref(false);
  const pace = ref<Pace>(6);
  const last = computed(() => Math.max(0, length()));
  const atEnd = computed(() => step.value >= last.value);

  usePacedSteps(
    () => playing.value,
    () => pace.value,
    (steps) => {
      step.value = Math.min(last.value, step.value + steps);
      if (atEnd.value) playing.value = false;
    },
  );
  watch(recording, () => {
    step.value = 0;
    playing.value = last.value > 0 && startPlaying();
  });

  return {
    step,
    last,
    playing,
    pace,
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
