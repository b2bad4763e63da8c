/** Converts episodes to the units of a chart's horizontal axis, and back. */

import type { XAxis } from "./address";
import type { Clock } from "./messages";

export interface XScale {
  axis: XAxis;
  /** The axis's title. */
  title: string;
  toX(episode: number): number;
  toEpisode(x: number): number;
}

const EPISODES: XScale = {
  axis: "episodes",
  title: "episode",
  toX: (episode) => episode,
  toEpisode: (x) => x,
};
const TITLES: Record<XAxis, string> = {
  episodes: "episode",
  steps: "agent steps",
  hours: "hours since the start",
};

/** Values between the episodes of the clock are interpolated; without a clock the unit is episodes. */
export function xScale(axis: XAxis, clock: Clock | null): XScale {
  if (axis === "episodes" || !clock || clock.episode.length === 0) return EPISODES;
  // Episode 0 is the start of the run, when no step was made and no time had passed.
  const whole = clock.episode[0] === 1;
  const episodes = whole ? [0, ...clock.episode] : clock.episode;
  const values = axis === "steps" ? clock.agent_steps : clock.hours;
  const xs = whole ? [0, ...values] : values;
  return {
    axis,
    title: TITLES[axis],
    toX: (episode) => interpolate(episodes, xs, episode),
    toEpisode: (x) => interpolate(xs, episodes, x),
  };
}

/** The value at `at` of the line through the points (`from[i]`, `to[i]`), `from` ascending; level beyond its ends. */
export function interpolate(from: readonly number[], to: readonly number[], at: number): number {
  let low = 0;
  let high = from.length - 1;
  if (at <= from[0]!) return to[0]!;
  if (at >= from[high]!) return to[high]!;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (from[middle]! <= at) low = middle;
    else high = middle;
  }
  const span = from[high]! - from[low]!;
  return span === 0 ? to[low]! : to[low]! + ((at - from[low]!) / span) * (to[high]! - to[low]!);
}
