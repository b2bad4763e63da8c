/** How fast an episode walks while newer ones wait: none is on the map for longer than `LIVE_MS`. */

/** So long an episode is on the map while newer ones wait, its end included. */
export const LIVE_MS = 10_000;
/** How long the end of an episode stays on the map before the next one begins. */
export const END_PAUSE_MS = 2_500;

/** The steps a second at which an episode of `length` steps is over in time for its end to be seen. */
export function leastPaceOf(length: number): number {
  return Math.ceil((length * 1000) / (LIVE_MS - END_PAUSE_MS));
}
