/** The pace of an episode while newer ones wait: no episode is shown for longer than `LIVE_MS`. */

/** Longest time for which an episode is shown while newer ones wait, with its end. */
export const LIVE_MS = 10_000;
/** Time for which the end of an episode is shown before the next one begins. */
export const END_PAUSE_MS = 2_500;

/** Steps per second at which an episode of `length` steps ends early enough for its end to be shown. */
export function leastPaceOf(length: number): number {
  return Math.ceil((length * 1000) / (LIVE_MS - END_PAUSE_MS));
}
