/** Rolling means over a window of episodes, for series whose points may cover many episodes. */

import type { Series } from "@/lib/messages";

/**
 * For each point the mean over the points of up to `window` episodes before it, weighted by their numbers of
 * episodes. A point that covers the window or more is its own mean.
 */
export function rollingMean(series: Pick<Series, "first" | "last" | "mean">, window: number): number[] {
  const { first, last, mean } = series;
  const result: number[] = [];
  let start = 0;
  let sum = 0;
  let weight = 0;
  for (let i = 0; i < mean.length; i += 1) {
    const size = last[i]! - first[i]! + 1;
    sum += mean[i]! * size;
    weight += size;
    while (start < i && last[i]! - first[start]! + 1 > window) {
      const gone = last[start]! - first[start]! + 1;
      sum -= mean[start]! * gone;
      weight -= gone;
      start += 1;
    }
    result.push(sum / weight);
  }
  return result;
}

/** For each point the lowest and the highest value of the points in its `rollingMean`. */
export function rollingRange(
  series: Pick<Series, "first" | "last" | "low" | "high">,
  window: number,
): { low: number[]; high: number[] } {
  const { first, last } = series;
  const low: number[] = [];
  const high: number[] = [];
  let start = 0;
  for (let i = 0; i < first.length; i += 1) {
    while (start < i && last[i]! - first[start]! + 1 > window) start += 1;
    low.push(Math.min(...series.low.slice(start, i + 1)));
    high.push(Math.max(...series.high.slice(start, i + 1)));
  }
  return { low, high };
}

/** The middle episode of each point. */
export function middles(series: Pick<Series, "first" | "last">): number[] {
  return series.first.map((first, i) => (first + series.last[i]!) / 2);
}

/** The index of the last point that had ended at the end of `episode`; -1 without one. */
export function lastPointBy(series: Pick<Series, "last">, episode: number): number {
  let low = 0;
  let high = series.last.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (series.last[middle]! <= episode) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The first episode of the `rollingMean` over `window` at `point`. */
export function firstOfMean(series: Pick<Series, "first" | "last">, point: number, window: number): number {
  let start = point;
  while (start > 0 && series.last[point]! - series.first[start - 1]! + 1 <= window) start -= 1;
  return series.first[start]!;
}

/** The index of the point that contains `episode`, or of the nearest point; -1 without points. */
export function pointAt(series: Pick<Series, "first" | "last">, episode: number): number {
  let low = 0;
  let high = series.first.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (series.first[middle]! <= episode) low = middle;
    else high = middle - 1;
  }
  return high < 0 ? -1 : low;
}
