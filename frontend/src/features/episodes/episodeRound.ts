/** Which recorded episode walks next while the page follows the present. */

/** So many of the newest episodes go round when nothing newer comes. */
const ROUND = 8;

/**
 * The newest episode if it was not shown yet; otherwise the one before `shown`, and after the last of a round
 * the newest again. `shown` and `newestShown` are null before the first.
 */
export function nextEpisode(shown: number | null, newestShown: number | null, newest: number): number {
  if (shown === null || newestShown === null || newest !== newestShown) return newest;
  const before = shown - 1;
  return before >= Math.max(1, newest - ROUND + 1) ? before : newest;
}
