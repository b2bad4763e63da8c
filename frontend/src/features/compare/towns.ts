/** Two episodes of two runs: the first choice, and what the episodes have in common. */

import { count } from "@/lib/format";
import type { Comparison, EpisodeReplay, Run } from "@/lib/messages";
import type { CompareView } from "./compareView";

/** The first two runs, at the newest episode that both runs have. */
export function firstPair(comparison: Comparison): Pick<CompareView, "left" | "right" | "episode"> {
  const [left, right] = comparison.runs;
  if (!left || !right) return { left: null, right: null, episode: null };
  return {
    left: left.run_id,
    right: right.run_id,
    episode: Math.max(1, Math.min(left.episodes, right.episodes)),
  };
}

/** One sentence on whether the two episodes can be compared. */
export function pairSentence(
  [left, right]: readonly [EpisodeReplay, EpisodeReplay],
  [first, second]: readonly [Run, Run],
): string {
  if (first.width !== second.width || first.height !== second.height)
    return "The two towns are not of the same size, so only the outcomes can be compared.";
  if (left.path.length === right.path.length && left.path.every((cell, i) => cell === right.path[i]))
    return "The two episodes are the same, step by step.";
  if (left.path[0] !== right.path[0]) return "The two episodes begin in different cells.";
  const apart = left.path.findIndex((cell, i) => cell !== right.path[i]);
  const steps = apart < 0 ? Math.min(left.path.length, right.path.length) - 1 : apart - 1;
  return `Both episodes begin in the same cell and go the same way for ${count(steps)} ${steps === 1 ? "step" : "steps"}.`;
}
