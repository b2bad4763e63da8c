/** Means over a window of episodes, from a series whose points may each stand for many episodes. */

import type { Series } from "@/lib/messages";

/**
 * At each point the mean over the points that reach back up to `window` episodes, each weighted by the
 * episodes it stands for. Where one point covers the window or more, that is the point itself.
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

/** At each point the lowest and the highest value of the points that `rollingMean` takes the mean of. */
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

/** The index of the last point that had ended at the end of `episode`; -1 when none had. */
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

/** The first of the episodes that `rollingMean` over `window` takes the mean of at `point`. */
export function firstOfMean(series: Pick<Series, "first" | "last">, point: number, window: number): number {
  let start = point;
  while (start > 0 && series.last[point]! - series.first[start - 1]! + 1 <= window) start -= 1;
  return series.first[start]!;
}

/** The index of the point whose episodes contain `episode`, or the nearest one; -1 when there is none. */
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
