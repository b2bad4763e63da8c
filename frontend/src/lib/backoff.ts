/** The delay before the next attempt to connect. */

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/**
 * Milliseconds before attempt number `attempt` (from 1): doubling from half a second to 15 s, with up to half
 * of it taken off at random, so that viewers do not all come back in the same instant.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1));
  return full * (1 - 0.5 * random());
}
