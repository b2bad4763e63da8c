/** The stages of the curriculum and the gates between them, in words; the run provides names and meanings. */

import { count } from "@/lib/format";
import type { StageProgress, StageSummary } from "@/lib/messages";

export interface Step {
  stage: number;
  name: string;
  meaning: string;
  when: "past" | "present" | "future";
}

/** The stages of a run in order; `present`: the stage the agent is in, null before the first episode. */
export function stepsOf(stages: readonly StageSummary[], present: number | null): Step[] {
  return stages.map(({ name, meaning }, i) => {
    const stage = i + 1;
    const when = stage === present ? "present" : stage < (present ?? 0) ? "past" : "future";
    return { stage, name, meaning, when };
  });
}

/** Progress to the next gate, 0 to 1; null in the last stage. */
export function gateFraction({ mean_survival, advance_at }: StageProgress): number | null {
  return advance_at === null ? null : Math.min(1, (mean_survival ?? 0) / advance_at);
}

export function stageInWords(progress: StageProgress): string {
  const { stage, since_episode, mean_survival, episodes_counted, window, advance_at } = progress;
  // The last episode before the stage, at which the timeline has its mark.
  const since =
    since_episode > 1
      ? `Stage ${stage}, entered after episode ${count(since_episode - 1)}`
      : `Stage ${stage}, from the first episode on`;
  if (advance_at === null) return `${since}: the last one.`;
  const gate = `the next gate is at ${count(advance_at)}`;
  if (mean_survival === null) return `${since}: no episode of it has ended yet, ${gate}.`;
  const counted = `${count(episodes_counted)} ${episodes_counted === 1 ? "episode" : "episodes"}`;
  const of = episodes_counted < window ? ` (${count(window)} are needed)` : "";
  return `${since}: ${count(mean_survival)} steps on average over ${counted}${of}, ${gate}.`;
}
