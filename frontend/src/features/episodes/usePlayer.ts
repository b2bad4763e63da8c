/** Plays recorded episodes: the shown step, and its pace. */

import { computed, ref, watch, type ComputedRef, type Ref } from "vue";
import { usePreferredReducedMotion } from "@vueuse/core";
import { STILL } from "@/lib/still";
import { usePacedSteps } from "@/lib/usePacedSteps";

/** Steps per second; at 6 an eye can follow the agent from cell to cell. */
export const PACES = [3, 6, 12, 30] as const;
export type Pace = (typeof PACES)[number];

export interface Player {
  /** The shown step, from 0 (before the first action) to `last`. */
  step: Ref<number>;
  last: ComputedRef<number>;
  playing: Ref<boolean>;
  /** The pace that the viewer chose. */
  pace: Ref<Pace>;
  /** The pace in use, at least the chosen pace. */
  actualPace: ComputedRef<number>;
  atEnd: ComputedRef<boolean>;
  /** Go to a step and pause. */
  goTo(step: number): void;
  setPace(pace: Pace): void;
  /** Play, pause, or play again from the start when the episode is over. */
  toggle(): void;
}

export interface Recorded {
  /** A key of the recording; another value means another recording. */
  recording(): unknown;
  /** Number of steps of the recording. */
  length(): number;
  /** Whether a new recording plays by itself. */
  startPlaying(): boolean;
  /** The first step of a new recording. Null or left out: the beginning, or on a still page the end. */
  startStep?(): number | null;
  /** Least pace in steps per second, 0 if left out. */
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
    // With reduced motion nothing plays until the viewer presses play; the step buttons work.
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
