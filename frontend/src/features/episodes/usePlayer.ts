/** Walks through recorded lives at human speed: which step is shown, and how it advances. */

import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from "vue";

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
  /** Play, pause, or play again from the start when the life is over. */
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

  let frame = 0;
  let before: number | null = null;
  let owed = 0;

  function advance(now: number): void {
    frame = requestAnimationFrame(advance);
    // A tab that slept owes no more than a quarter of a second: nobody watched the rest.
    owed += before === null ? 0 : Math.min(0.25, (now - before) / 1000) * pace.value;
    before = now;
    const whole = Math.floor(owed);
    if (whole === 0) return;
    owed -= whole;
    step.value = Math.min(last.value, step.value + whole);
    if (atEnd.value) playing.value = false;
  }

  watch(playing, (on) => {
    cancelAnimationFrame(frame);
    before = null;
    owed = 0;
    if (on) frame = requestAnimationFrame(advance);
  });
  watch(recording, () => {
    step.value = 0;
    playing.value = last.value > 0 && startPlaying();
  });
  onScopeDispose(() => cancelAnimationFrame(frame));

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
    toggle() {
      if (!playing.value && atEnd.value) step.value = 0;
      playing.value = !playing.value;
    },
  };
}
