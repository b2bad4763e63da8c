/** The part of the run that the timeline shows: zoomed by wheel, pinch or key, and moved so that it holds a moment. */

import type { Stretch } from "@/lib/address";

/** Least number of episodes on the track. */
const SHORTEST = 20;
/** Factor of the window's length for one press of + or −, or one step of a wheel. */
export const ZOOM_STEP = 1.6;

/** The stretch of `length` episodes from `first`, moved so that it lies within 1 to `last`; null when it is all of them. */
function within(first: number, length: number, last: number): Stretch | null {
  const span = Math.max(Math.min(SHORTEST, last) - 1, Math.round(length));
  if (span >= last - 1) return null;
  const start = Math.min(Math.max(1, Math.round(first)), last - span);
  return { first: start, last: start + span };
}

/** The episodes on the track of a run of `last` episodes: the window, or all without a window. */
export function shownOf(window: Stretch | null, last: number): Stretch {
  return window ?? { first: 1, last };
}

/**
 * The window after a zoom by `factor` (above 1: closer) about the position `fraction` (0 to 1) of the track; null
 * shows the whole run.
 */
export function zoomed(
  window: Stretch | null,
  factor: number,
  fraction: number,
  last: number,
): Stretch | null {
  const shown = shownOf(window, last);
  const span = shown.last - shown.first;
  const length = Math.max(Math.min(SHORTEST, last) - 1, span / factor);
  return within(shown.first + (span - length) * fraction, length, last);
}

/** The window moved by the share `by` of its length. */
export function panned(window: Stretch | null, by: number, last: number): Stretch | null {
  if (window === null) return null;
  const span = window.last - window.first;
  return within(window.first + Math.sign(by) * Math.max(1, Math.abs(by * span)), span, last);
}

/** The window moved by the least distance so that it contains `episode`. */
export function holding(window: Stretch | null, episode: number, last: number): Stretch | null {
  if (window === null) return null;
  const span = window.last - window.first;
  if (episode < window.first) return within(episode, span, last);
  if (episode > window.last) return within(episode - span, span, last);
  return window.last > last ? within(window.first, span, last) : window;
}

/**
 * The window in which the episodes `held`, which two fingers touched first, are at the fingers' positions
 * `fractions` (0 to 1) of the track.
 */
export function pinched(
  held: readonly [number, number],
  fractions: readonly [number, number],
  last: number,
): Stretch | null {
  const [[a, from], [b, to]] = [[held[0], fractions[0]] as const, [held[1], fractions[1]] as const].sort(
    (x, y) => x[1] - y[1],
  ) as [readonly [number, number], readonly [number, number]];
  const apart = Math.max(0.02, to - from);
  const span = Math.max(SHORTEST - 1, Math.abs(b - a) / apart);
  return within(Math.min(a, b) - from * span, span, last);
}
