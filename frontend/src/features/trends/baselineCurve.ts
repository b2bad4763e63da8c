/** The mean survival of a random policy in each stage, as a dotted line in the charts of survival. */

import { count } from "@/lib/format";
import type { Baseline, StageBand } from "@/lib/messages";
import type { Curve } from "./curves";
import type { LegendEntry } from "./trend";

/** One horizontal line for each stage of the run; none in a run without the measurement. */
export function baselineCurve(stages: readonly StageBand[], baseline: Baseline | null): Curve[] {
  const levels = new Map(baseline?.stages.map((stage) => [stage.stage, stage.mean_survival]));
  const x: number[] = [];
  const y: number[] = [];
  for (const band of stages) {
    const level = levels.get(band.stage);
    if (level === undefined) continue;
    // NaN ends a line, so that the lines of two stages are not connected.
    x.push(band.first - 0.5, band.last + 0.5, band.last + 0.5);
    y.push(level, level, NaN);
  }
  return x.length > 0 ? [{ name: "random policy", kind: "dotted", x, y, colour: "ink-2", width: 2 }] : [];
}

export function baselineLegend(baseline: Baseline | null): LegendEntry {
  return baseline
    ? { key: "dotted", text: `a random policy in this stage, mean of ${count(baseline.episodes)} episodes` }
    : { key: "none", text: "this run measured no random policy" };
}

/** The random policy's mean survival at `episode` in words, with its interval; "" where it is not known. */
export function baselineWords(
  stages: readonly StageBand[],
  baseline: Baseline | null,
  episode: number,
): string {
  const band = stages.find((stage) => stage.first <= episode && episode <= stage.last);
  const level = baseline?.stages.find((stage) => stage.stage === band?.stage);
  return level
    ? ` A random policy survives ${count(level.mean_survival)} steps in stage ${level.stage}` +
        ` (95% interval ${count(level.low)} to ${count(level.high)}).`
    : "";
}
