/** A trend over the run, described so that one panel can draw any of them. */

import type { Help } from "@/app/layout/help";
import type { Smoothing } from "@/lib/address";
import { api, type SeriesMetric, type Window } from "@/lib/api";
import { count } from "@/lib/format";
import type { Baseline, Recovery, Run, Series, StageBand, State } from "@/lib/messages";
import type { Curve, Frame } from "./curves";
import type { Mark } from "./marks";
import { firstOfMean, lastPointBy } from "./smoothing";

export interface Trend<Data = unknown> {
  /** Names the trend in the address and in file names. */
  key: string;
  title: string;
  help(run: Run): Help;
  /** What the vertical axis shows, for whoever cannot see the chart. */
  what: string;
  /** The title of the vertical axis: a unit where there is one. */
  unit: string;
  /** Height of the chart in CSS pixels. */
  height: number;
  /** Whether the lines are means over as many episodes as the viewer chose. */
  smoothed: boolean;
  /** Whether a logarithmic axis makes sense: no value is negative, and nothing is stacked. */
  mayBeLogarithmic: boolean;
  /** Data of a stretch of episodes, or of the whole run. */
  fetch(window: Window, signal: AbortSignal): Promise<Data>;
  draw(data: Data, context: Context): Drawing;
}

/** What a trend may know beside its own data. */
export interface Context {
  run: Run;
  recovery: Recovery | null;
  stages: readonly StageBand[];
  /** How long a random policy survives; null in a run that did not measure it. */
  baseline: Baseline | null;
  /** Episodes over which lines are means; numbers in tables and files never are. */
  smoothing: Smoothing;
}

export interface LegendEntry {
  key: string;
  text: string;
  /** A colour of the data, where no class of `base.css` has it. */
  paint?: string;
}

/** What a trend looks like now. All arrays have one entry for each point of `points`. */
export interface Drawing {
  points: Pick<Series, "first" | "last">;
  curves: Curve[];
  frame: Frame;
  marks: Mark[];
  legend: LegendEntry[];
  columns: { name: string; values: (number | null)[] }[];
  /** The sentence for the moment looked at; `following`: that is the present. */
  sentenceOf(state: State, following: boolean): string;
  /** The sentence for one point, while the pointer is at `episode`. */
  sentenceAt(point: number, episode: number): string;
}

/** The episodes that a chart of `points` spans. */
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
 * What a chart says of the moment `episode`, from its last point that ended by then, with the episodes that the
 * value is of: a point stands for a stretch, and one that goes on after the moment would tell of its future.
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

/** "mean of the last 100 episodes", or that each point is one stretch. */
export function smoothingWords(smoothing: Smoothing): string {
  return smoothing === 1 ? "not smoothed" : `mean of the last ${smoothing} episodes`;
}
