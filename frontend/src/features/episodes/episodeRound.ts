/** Chooses the recorded episode that is shown next while the page is live. */

/** Number of newest episodes that are repeated while no newer episode comes. */
const ROUND = 8;

/**
 * The newest episode if it was not shown yet; otherwise the episode before `shown`, and after the last of a round
 * the newest again. `shown` and `newestShown` are null before the first episode.
 */
export function nextEpisode(shown: number | null, newestShown: number | null, newest: number): number {
  if (shown === null || newestShown === null || newest !== newestShown) return newest;
  const before = shown - 1;
  return before >= Math.max(1, newest - ROUND + 1) ? before : newest;
}
