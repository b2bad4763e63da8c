/** A trend over the run, described so that one panel can draw any of them. */

import type { Help } from "@/app/layout/help";
import type { SeriesMetric } from "@/lib/api";
import type { Recovery, Run, Series, State } from "@/lib/messages";
import type { Curve, Frame } from "./chartOption";

/** A vertical line; with `until` what follows it is shaded up to there, and `note` says what that was. */
export interface Mark {
  episode: number;
  label: string;
  until?: number;
  note?: string;
}

export interface Trend<M extends SeriesMetric = SeriesMetric> {
  title: string;
  help: Help;
  /** What the vertical axis shows, for whoever cannot see the chart. */
  what: string;
  /** Height of the chart in CSS pixels. */
  height: number;
  metrics: readonly M[];
  draw(series: Record<M, Series>, run: Run, recovery: Recovery | null): Drawing;
}

/** What a trend looks like now. All arrays have one entry for each point of `points`. */
export interface Drawing {
  points: Pick<Series, "first" | "last">;
  curves: Curve[];
  frame: Frame;
  marks: Mark[];
  legend: { key: string; text: string }[];
  columns: { name: string; values: number[] }[];
  /** The sentence for the moment looked at; `following`: that is the present. */
  sentenceOf(state: State, following: boolean): string;
  /** The sentence for one point, while the pointer is at `episode`. */
  sentenceAt(point: number, episode: number): string;
}

/** The episodes that a chart of `points` spans. */
export function spanOf(points: Pick<Series, "first" | "last">): { first: number; last: number } {
  return { first: points.first[0] ?? 1, last: points.last.at(-1) ?? 1 };
}
