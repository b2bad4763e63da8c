/** How long the agent lives, over the whole run, with the test half-way: the move, the drop and the way back. */

import { count, sentence } from "@/lib/format";
import type { Recovery } from "@/lib/messages";
import { survivalHelp } from "./help";
import { middles, rollingMean } from "./smoothing";
import { spanOf, type Mark, type Trend } from "./trend";

export const survivalTrend: Trend<"survival_time"> = {
  title: "Survival",
  help: survivalHelp,
  what: "Survival time in steps",
  height: 250,
  metrics: ["survival_time"],
  draw({ survival_time: survival }, run, recovery) {
    const x = middles(survival);
    const rolling = rollingMean(survival, run.window);
    const frame = { ...spanOf(survival), low: 0, high: run.max_steps };
    return {
      points: survival,
      frame,
      curves: [
        {
          name: "shortest to longest",
          kind: "band",
          x,
          y: survival.high,
          low: survival.low,
          colour: "accentSoft",
        },
        { name: "rolling mean", kind: "line", x, y: rolling, colour: "accent", width: 2.25 },
      ],
      marks: recovery ? moveMarks(recovery, frame.last) : [],
      legend: [
        { key: "line", text: `mean of the last ${count(run.window)} episodes, steps` },
        { key: "band", text: "shortest to longest" },
      ],
      columns: [
        { name: "Mean, steps", values: survival.mean },
        { name: "Shortest", values: survival.low },
        { name: "Longest", values: survival.high },
      ],
      sentenceOf(state, following) {
        const mean = Math.round(state.mean_survival);
        const over = `the last ${count(Math.min(state.window, state.episode))} episodes`;
        if (!following) return `Episode ${count(state.episode)}: ${mean} steps on average over ${over}.`;
        const since = `From ${Math.round(rolling[0] ?? 0)} to ${mean} steps, the mean of ${over}.`;
        return state.recovery.moved_at == null ? since : `${since} ${sentence(state.recovery.text)}.`;
      },
      sentenceAt(point, episode) {
        const range = `${Math.round(survival.low[point]!)} to ${Math.round(survival.high[point]!)}`;
        const spread = survival.resolution === 1 ? "" : `, ${range}`;
        return `Episode ${count(episode)}: ${Math.round(rolling[point]!)} steps on average${spread}.`;
      },
    };
  },
};

/** The move of the affordances, with what it did to survival up to episode `newest`. */
export function moveMarks(recovery: Recovery, newest: number): Mark[] {
  const { state, moved_at, lowest, episodes } = recovery;
  if (moved_at == null) return [];
  const move = { episode: moved_at, label: "Affordances Randomized" };
  if (lowest == null || state === "too early" || state === "no drop") return [move];
  const fall = `down to ${Math.round(lowest)}`;
  return episodes == null
    ? [{ ...move, until: newest, note: `${fall}, not back yet` }]
    : [{ ...move, until: moved_at + episodes, note: `${fall}, back after ${count(episodes)}` }];
}
