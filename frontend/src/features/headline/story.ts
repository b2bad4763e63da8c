/** The headline of the shown moment, in one or two sentences. */

import { count } from "@/lib/format";
import type { Run, State } from "@/lib/messages";

/** Number of episodes after the move in which the headline is about the move. */
const NEWS = 600;

/** `complete`: the moment is the end of a run that reached its planned length. */
export function story(state: State, run: Run, complete = false): string {
  const { episode, metrics, mean_survival: mean, window } = state;
  const after = complete ? "The run is complete: after" : "After";
  const lives = episode === 1 ? `${after} its first life` : `${after} ${count(episode)} lives`;
  const moved = run.randomization_episode;
  if (moved !== null && episode > moved && episode - moved <= NEWS) {
    const ago = episode - moved === 1 ? "One life ago" : `${count(episode - moved)} lives ago`;
    return `${complete ? "The run is complete. " : ""}${ago} everything in town was moved. The last ${count(Math.min(window, episode))} lives reached ${count(mean)} of ${count(run.max_steps)} steps on average.`;
  }
  const weight = metrics.intrinsic_weight;
  const curiosity =
    run.novelty === "none" || weight === null ? "it learns without curiosity" : curiosityWords(weight);
  return `${lives}, ${survivalWords(mean, run, episode)}; ${curiosity}.`;
}

function survivalWords(mean: number, run: Run, episode: number): string {
  const share = mean / run.max_steps;
  const steps = `${count(mean)} of ${count(run.max_steps)} steps${episode > 1 ? " on average" : ""}`;
  if (share >= 0.9) return `the agent nearly always lives to the limit (${steps})`;
  if (share >= 0.6) return `the agent lives ${steps}`;
  if (share >= 0.35) return `the agent gets through ${steps}`;
  return `the agent dies early (${steps})`;
}

function curiosityWords(weight: number): string {
  if (weight >= 0.8) return "everything still makes it curious";
  if (weight >= 0.4) return "its curiosity is fading";
  if (weight >= 0.15) return "it trusts what it knows";
  return "curiosity has given way to routine";
}
