/** The axes of a chart: their range, and the round numbers of their labels. */

import type { Curve, Frame } from "./curves";
import { stacksOf } from "./shapes";

const VERTICAL_TICKS = 4;

export interface Axis {
  low: number;
  high: number;
  logarithmic: boolean;
  ticks: number[];
}

/** A step of 1, 2 or 5 times a power of ten, with about `wanted` steps in `span`. */
export function roundStep(span: number, wanted: number): number {
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

/** The multiples of `step` from `low` to `high`. */
export function multiples(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // A product with a whole number has no error of rounding that a sum of steps would collect.
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const value = (first + i) * step;
    return Number(value.toPrecision(12));
  });
}

/** Round numbers between `low` and `high`, about `wanted` of them. */
export function ticksBetween(low: number, high: number, wanted: number): number[] {
  return high > low ? multiples(low, high, roundStep(high - low, wanted)) : [];
}

/** The vertical axis: the range of the curves or of the frame, with 0 unless it is logarithmic. */
export function verticalAxis(curves: readonly Curve[], frame: Frame): Axis {
  const values = valuesOf(curves).filter((value) => Number.isFinite(value));
  if (frame.logarithmic) return logarithmicAxis(values, frame.high);
  const lowest = frame.low ?? Math.min(0, ...values);
  const reached = frame.high ?? Math.max(0, ...values);
  const highest = reached > lowest ? reached : lowest + 1;
  const step = frame.step ?? roundStep(highest - lowest, VERTICAL_TICKS);
  const low = frame.low ?? Math.floor(lowest / step) * step;
  const high = frame.high ?? Math.ceil(highest / step) * step;
  return { low, high, logarithmic: false, ticks: multiples(low, high, step) };
}

/** From the power of ten below the lowest value to that above the highest. */
function logarithmicAxis(values: readonly number[], highest: number | undefined): Axis {
  const positive = values.filter((value) => value > 0);
  const from = Math.floor(Math.log10(Math.min(...positive, highest ?? 1)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(highest ?? Math.max(...positive, 10 ** (from + 1)))));
  const high = highest ?? 10 ** to;
  const powers = Array.from({ length: to - from + 1 }, (_, i) => Number((10 ** (from + i)).toPrecision(12)));
  return { low: 10 ** from, high, logarithmic: true, ticks: powers.filter((power) => power <= high) };
}

/** All values that are drawn, with sums of stacked areas. */
function valuesOf(curves: readonly Curve[]): number[] {
  const stacks = stacksOf(curves);
  return curves.flatMap((curve) => [
    ...(stacks.get(curve)?.top ?? curve.y.map((value) => value ?? NaN)),
    ...(curve.low ?? []),
  ]);
}

/** The position of a value on an axis, 0 at the low end to 1 at the high end; NaN for a value without a position. */
export function shareOf(axis: Axis, value: number): number {
  if (!axis.logarithmic) return (value - axis.low) / (axis.high - axis.low);
  return value > 0 ? Math.log(value / axis.low) / Math.log(axis.high / axis.low) : NaN;
}
