/** Figures of groups as rows of intervals, topic by topic. No drawing. */

import { count, number } from "@/lib/format";
import type { Comparison, Difference, Estimate, Figure } from "@/lib/messages";
import type { Middle } from "./compareView";
import { groupKey, paintOf } from "./lines";

export interface IntervalRow {
  key: string;
  /** The key of the group, which names the group on all charts. */
  group: string;
  /** The name of the figure, in the first row of the figure. */
  heading: string;
  text: string;
  paint: string;
  value: number;
  low: number | null;
  high: number | null;
  /** Values of single runs. */
  dots: number[];
}

/** Figures that are drawn on one axis. */
export interface Topic {
  title: string;
  unit: string;
  about: string;
  figures: Figure[];
}

export function topicsOf(figures: readonly Figure[]): Topic[] {
  const topics = new Map<string, Topic>();
  for (const figure of figures) {
    const topic = topics.get(figure.topic);
    if (topic) topic.figures.push(figure);
    else {
      const { topic: title, unit, about } = figure;
      topics.set(title, { title, unit, about, figures: [figure] });
    }
  }
  return [...topics.values()];
}

/** A row for each group that has a value. */
export function estimateRows(comparison: Comparison, topic: Topic, middle: Middle): IntervalRow[] {
  return topic.figures.flatMap((figure) =>
    headed(
      figure,
      topic,
      comparison.groups.flatMap((group, i) => {
        const estimate = group.figures[figure.key];
        const found = estimate && boundsOf(estimate, middle);
        if (!found || found.value === null) return [];
        const { value, low, high } = found;
        const dots = comparison.runs
          .filter((run) => group.run_ids.includes(run.run_id))
          .flatMap((run) => run.figures[figure.key] ?? []);
        return [
          {
            key: `${figure.key} ${i}`,
            group: groupKey(i),
            heading: "",
            text: `${group.label}: ${number(value)}${bounds(low, high)}, n = ${count(estimate.n)}`,
            paint: paintOf(group.colour),
            value,
            low,
            high,
            dots: estimate.n > 1 ? dots : [],
          },
        ];
      }),
    ),
  );
}

/** A row for each group after the first: the difference to the first group. */
export function differenceRows(comparison: Comparison, topic: Topic, middle: Middle): IntervalRow[] {
  return topic.figures.flatMap((figure) =>
    headed(
      figure,
      topic,
      comparison.differences.flatMap(({ figure: key, group, reference, difference }) => {
        const { value, low, high } = differenceOf(difference, middle);
        if (key !== figure.key || value === null) return [];
        const labels = [group, reference].map((index) => comparison.groups[index]!.label);
        return [
          {
            key: `${key} ${group}`,
            group: groupKey(group),
            heading: "",
            text: `${labels.join(" − ")}: ${signed(value)}${bounds(low, high)}, ${runsOf(difference)}, ${verdictOf(difference)}`,
            paint: paintOf(comparison.groups[group]!.colour),
            value,
            low,
            high,
            dots: [],
          },
        ];
      }),
    ),
  );
}

/** The first row of a figure has the figure's name where its topic has several figures. */
function headed(figure: Figure, topic: Topic, rows: IntervalRow[]): IntervalRow[] {
  const heading = topic.figures.length > 1 ? figure.label : "";
  return rows.map((row, i) => (i === 0 ? { ...row, heading } : row));
}

function boundsOf(estimate: Estimate, middle: Middle) {
  return middle === "mean"
    ? { value: estimate.mean, low: estimate.low, high: estimate.high }
    : { value: estimate.iqm, low: estimate.iqm_low, high: estimate.iqm_high };
}

export function differenceOf(difference: Difference, middle: Middle) {
  return middle === "mean"
    ? { value: difference.difference, low: difference.low, high: difference.high }
    : { value: difference.iqm_difference, low: difference.iqm_low, high: difference.iqm_high };
}

function bounds(low: number | null, high: number | null): string {
  return low === null || high === null ? "" : ` (${number(low)} to ${number(high)})`;
}

export function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value);
}

/** "n = 5 and 4", or "4 pairs". */
export function runsOf({ paired, n_first, n_second }: Difference): string {
  return paired
    ? `${count(n_first)} ${n_first === 1 ? "pair" : "pairs"}`
    : `n = ${count(n_first)} and ${count(n_second)}`;
}

/** The verdict in words, or the reason why there is none. */
export function verdictOf({ verdict }: Difference): string {
  return verdict === "too few seeds" ? "no verdict" : verdict;
}
