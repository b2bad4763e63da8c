/** Survival over the whole run, with the move of the affordances, the drop and the recovery. */

import { count, sentence } from "@/lib/format";
import type { Series } from "@/lib/messages";
import { baselineCurve, baselineLegend, baselineWords } from "./baselineCurve";
import { survivalHelp } from "./help";
import { dropMarks } from "./marks";
import { lastPointBy, middles, rollingMean, rollingRange } from "./smoothing";
import { seriesOf, smoothingWords, spanOf, type Trend } from "./trend";

export const survivalTrend: Trend<Record<"survival_time", Series>> = {
  key: "survival",
  title: "Survival",
  help: () => survivalHelp,
  what: "Survival time in steps",
  unit: "steps",
  height: 270,
  smoothed: true,
  mayBeLogarithmic: true,
  fetch: seriesOf("survival_time"),
  draw({ survival_time: survival }, { run, recovery, stages, baseline, smoothing }) {
    const x = middles(survival);
    const rolling = rollingMean(survival, smoothing);
    const range = rollingRange(survival, smoothing);
    const frame = { ...spanOf(survival), low: 0, high: run.max_steps };
    const average = smoothing === 1 ? "steps" : `steps on average over ${smoothing} episodes`;
    return {
      points: survival,
      frame,
      curves: [
        {
          name: "shortest to longest",
          kind: "band",
          x,
          y: range.high,
          low: range.low,
          colour: "accent-soft",
        },
        { name: "mean", kind: "line", x, y: rolling, colour: "accent", width: 2.25 },
        ...baselineCurve(stages, baseline),
      ],
      marks: dropMarks(recovery, frame.last),
      legend: [
        { key: "line", text: smoothingWords(smoothing) },
        { key: "band", text: "shortest to longest of the same episodes" },
        baselineLegend(baseline),
      ],
      columns: [
        { name: "Mean, steps", values: survival.mean },
        { name: "Shortest", values: survival.low },
        { name: "Longest", values: survival.high },
      ],
      sentenceOf(state, following) {
        const mean = count(state.mean_survival);
        const episodes = Math.min(state.window, state.episode);
        if (episodes === 1) return `Episode 1: ${mean} steps.`;
        const over = `the last ${count(episodes)} episodes`;
        if (!following) return `Episode ${count(state.episode)}: ${mean} steps on average over ${over}.`;
        const since = `${beginning(survival, state.window)}${mean} steps on average over ${over}.`;
        return state.recovery.moved_at == null ? since : `${since} ${sentence(state.recovery.text)}.`;
      },
      sentenceAt(point, episode) {
        const spread = `${count(range.low[point]!)} to ${count(range.high[point]!)}`;
        return (
          `Episode ${count(episode)}: ${count(rolling[point]!)} ${average}, ${spread}.` +
          baselineWords(stages, baseline, episode)
        );
      },
    };
  },
};

/** "From 115 steps over the episodes 1 to 96 to ", from the points that are wholly in the first `window` episodes. */
function beginning(survival: Series, window: number): string {
  const first = survival.first[0] ?? 1;
  const point = Math.max(0, lastPointBy(survival, first + window - 1));
  const mean = rollingMean(survival, Infinity)[point];
  const last = survival.last[point];
  if (mean === undefined || last === undefined) return "";
  const episodes =
    first === last ? `in episode ${count(first)}` : `over the episodes ${count(first)} to ${count(last)}`;
  return `From ${count(mean)} steps ${episodes} to `;
}
