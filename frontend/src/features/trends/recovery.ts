/** How deep survival fell when the affordances moved, and how long it took to come back. */

import type { Series } from "@/lib/messages";
import { pointAt, rollingMean } from "./smoothing";

/** Back means: the mean of the last 100 lives is at this share of what it was before the move. */
export const REGAINED_SHARE = 0.8;
const WINDOW = 100;

export interface Recovery {
  /** Mean survival of the 100 lives before the move, steps. */
  before: number;
  /** The lowest mean of 100 lives after it, and the episode it was reached in. */
  lowest: number;
  lowestAt: number;
  /** Episodes from the move until survival was back; null when it never fell so far, or is not back yet. */
  episodes: number | null;
  state: "too early" | "no dip" | "recovering" | "recovered";
}

/** `survival` must hold single episodes (resolution 1) around episode `moved`. Null when it holds none before it. */
export function recovery(survival: Series, moved: number): Recovery | null {
  const rolling = rollingMean(survival, WINDOW);
  const at = pointAt(survival, moved);
  if (at < 0 || survival.first[at]! > moved) return null;
  const before = rolling[at]!;
  let lowestIndex = at;
  let fell = false;
  let regained: number | null = null;
  for (let i = at + 1; i < rolling.length && regained === null; i += 1) {
    if (rolling[i]! < rolling[lowestIndex]!) lowestIndex = i;
    if (rolling[i]! < REGAINED_SHARE * before) fell = true;
    else if (fell) regained = survival.last[i]! - moved;
  }
  const seen = survival.last.at(-1)! - moved;
  return {
    before,
    lowest: rolling[lowestIndex]!,
    lowestAt: survival.last[lowestIndex]!,
    episodes: regained,
    state: regained !== null ? "recovered" : fell ? "recovering" : seen < WINDOW ? "too early" : "no dip",
  };
}

/** The same in one sentence. */
export function recoveryInWords(r: Recovery): string {
  const fall = `from ${Math.round(r.before)} to ${Math.round(r.lowest)} steps`;
  switch (r.state) {
    case "recovered":
      return `After the move survival fell ${fall} and was back at 80 % after ${r.episodes} episodes.`;
    case "recovering":
      return `After the move survival fell ${fall}; it is not back at 80 % yet.`;
    case "no dip":
      return "After the move survival never fell below 80 % of what it was.";
    case "too early":
      return "Everything in town has just been moved.";
  }
}
