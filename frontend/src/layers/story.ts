/** The headline: what the moment looked at is about, in one or two sentences. */

import { count } from "../design/format";
import type { Run, State } from "../messages";

/** For so many episodes after the move it is the news. */
const NEWS = 600;

/** `complete`: this is the end of a run that reached its planned length. */
export function story(state: State, run: Run, complete = false): string {
  const { episode, metrics, mean_survival: mean } = state;
  const after = complete ? "The run is complete: after" : "After";
  const lives = episode === 1 ? `${after} its first life` : `${after} ${count(episode)} lives`;
  const moved = run.randomization_episode;
  if (moved !== null && episode > moved && episode - moved <= NEWS) {
    const ago = episode - moved === 1 ? "One life ago" : `${count(episode - moved)} lives ago`;
    return `${ago} everything in town was moved. ${survivalWords(mean, run, "Now the agent")}.`;
  }
  return `${lives}, ${survivalWords(mean, run, "the agent")}; ${curiosityWords(metrics.intrinsic_weight)}.`;
}

function survivalWords(mean: number, run: Run, who: string): string {
  const share = mean / run.max_steps;
  const steps = `${Math.round(mean)} of ${run.max_steps} steps`;
  if (share >= 0.9) return `${who} nearly always lives to the end (${steps})`;
  if (share >= 0.6) return `${who} lives ${steps}`;
  if (share >= 0.35) return `${who} manages ${steps}`;
  return `${who} dies early (${steps})`;
}

function curiosityWords(weight: number): string {
  if (weight >= 0.8) return "everything still makes it curious";
  if (weight >= 0.4) return "its curiosity is fading";
  if (weight >= 0.15) return "it trusts what it knows";
  return "curiosity has given way to routine";
}
