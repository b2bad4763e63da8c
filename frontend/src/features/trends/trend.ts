/** The description of a trend over the run, from which one panel draws any trend. */

import type { Help } from "@/app/layout/help";
import type { Smoothing } from "@/lib/address";
import { api, type SeriesMetric, type Window } from "@/lib/api";
import { count } from "@/lib/format";
import type { Baseline, Recovery, Run, Series, StageBand, State } from "@/lib/messages";
import type { Curve, Frame } from "./curves";
import type { Mark } from "./marks";
import { firstOfMean, lastPointBy } from "./smoothing";

export interface Trend<Data = unknown> {
  /** The name of the trend in addresses and file names. */
  key: string;
  title: string;
  help(run: Run): Help;
  /** The quantity of the vertical axis, for readers who cannot see the chart. */
  what: string;
  /** The title of the vertical axis: the unit where there is one. */
  unit: string;
  /** Height of the chart in CSS pixels. */
  height: number;
  /** Whether lines are means over the number of episodes that the viewer chose. */
  smoothed: boolean;
  /** Whether a logarithmic axis is possible: no negative values, no stacked areas. */
  mayBeLogarithmic: boolean;
  /** Fetches the data of a range of episodes, or of the whole run. */
  fetch(window: Window, signal: AbortSignal): Promise<Data>;
  draw(data: Data, context: Context): Drawing;
}

/** The facts of the run that a trend may use beside its own data. */
export interface Context {
  run: Run;
  recovery: Recovery | null;
  stages: readonly StageBand[];
  /** The survival of a random policy; null in a run without the measurement. */
  baseline: Baseline | null;
  /** Number of episodes over which lines are means; tables and files have the values themselves. */
  smoothing: Smoothing;
}

export interface LegendEntry {
  key: string;
  text: string;
  /** A colour of the data that is no class of `base.css`. */
  paint?: string;
}

/** The drawing of a trend. All arrays have one entry for each point of `points`. */
export interface Drawing {
  points: Pick<Series, "first" | "last">;
  curves: Curve[];
  frame: Frame;
  marks: Mark[];
  legend: LegendEntry[];
  columns: { name: string; values: (number | null)[] }[];
  /** The sentence for the shown moment; `following`: the moment is the present. */
  sentenceOf(state: State, following: boolean): string;
  /** The sentence for one point, while the pointer is at `episode`. */
  sentenceAt(point: number, episode: number): string;
}

/** The range of episodes of a chart of `points`. */
export function spanOf(points: Pick<Series, "first" | "last">): { first: number; last: number } {
  return { first: points.first[0] ?? 1, last: points.last.at(-1) ?? 1 };
}

/** Fetches series of several metrics. */
export function seriesOf<M extends SeriesMetric>(...metrics: M[]) {
  return async (window: Window, signal: AbortSignal): Promise<Record<M, Series>> => {
    const all = await Promise.all(metrics.map((metric) => api.series(metric, window, signal)));
    return Object.fromEntries(metrics.map((metric, i) => [metric, all[i]])) as Record<M, Series>;
  };
}

/**
 * The value of a chart at the end of `episode`: of the last point that had ended, with the episodes of this value.
 * A point that ends later would show the moment's future.
 */
export function sentenceOfStretch(
  points: Pick<Series, "first" | "last">,
  episode: number,
  smoothing: number,
  words: (point: number) => string,
): string {
  const point = lastPointBy(points, episode);
  if (point < 0) {
    const first = points.last[0];
    return first === undefined ? "" : `The chart begins with episode ${count(first)}.`;
  }
  const from = firstOfMean(points, point, smoothing);
  const to = points.last[point]!;
  const stretch = from === to ? `Episode ${count(to)}` : `Episodes ${count(from)} to ${count(to)}`;
  return `${stretch}: ${words(point)}.`;
}

/** "mean of the last 100 episodes", or that each point covers one range. */
export function smoothingWords(smoothing: Smoothing): string {
  return smoothing === 1 ? "not smoothed" : `mean of the last ${smoothing} episodes`;
}
