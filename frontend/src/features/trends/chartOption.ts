/** From lines to draw to what ECharts wants to be told. */

import { number } from "@/lib/format";
import type { ChartOption, LineSeriesOption } from "./echarts";
import type { Palette, Token } from "./usePalette";

/** One thing drawn over the episodes; `x` and the values have the same length. */
export interface Curve {
  name: string;
  x: number[];
  colour: Token;
  /** "line" and "dashed" draw `y`; "area" fills down to 0 and stacks by sign; "band" fills from `low` to `y`. */
  kind: "line" | "dashed" | "area" | "band";
  y: number[];
  low?: number[];
  fill?: Token;
  width?: number;
}

/** Where the plot lies in its box, in CSS pixels; the overlay of `TimeChart` measures with the same numbers. */
export const PLOT = { left: 44, right: 10, top: 22, bottom: 24 } as const;

/** How much larger than usual the reader has set type, or a stream shows it; charts grow with it. */
export function typeScale(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
}

export type Plot = Record<keyof typeof PLOT, number>;

export function plotAt(scale: number): Plot {
  return {
    left: PLOT.left * scale,
    right: PLOT.right * scale,
    top: PLOT.top * scale,
    bottom: PLOT.bottom * scale,
  };
}

export interface Frame {
  first: number;
  last: number;
  low?: number | undefined;
  high?: number | undefined;
  /** Distance of the horizontal lines; chosen to suit when left out. */
  step?: number;
}

export function chartOption(
  curves: readonly Curve[],
  frame: Frame,
  palette: Palette,
  scale = 1,
): ChartOption {
  const label = { color: palette.ink2, fontSize: 11.5 * scale, fontFamily: palette.font };
  return {
    animation: false,
    grid: plotAt(scale),
    xAxis: {
      type: "value",
      min: frame.first,
      max: Math.max(frame.last, frame.first + 1),
      splitNumber: 6,
      axisLine: { lineStyle: { color: palette.ink3 }, onZero: false },
      axisTick: { lineStyle: { color: palette.ink3 }, length: 4 },
      axisLabel: { ...label, hideOverlap: true, showMinLabel: false, showMaxLabel: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      min: frame.low ?? null,
      max: frame.high ?? null,
      splitNumber: 4,
      ...(frame.step === undefined ? {} : { interval: frame.step }),
      axisLabel: { ...label, formatter: (value: number) => number(value) },
      splitLine: { lineStyle: { color: palette.line } },
    } as NonNullable<ChartOption["yAxis"]>,
    series: curves.flatMap((curve) => seriesOf(curve, palette, scale)),
  };
}

function seriesOf(curve: Curve, palette: Palette, scale: number): LineSeriesOption[] {
  const points = (values: readonly number[]): [number, number][] =>
    values.map((value, i) => [curve.x[i]!, value]);
  const base = { type: "line" as const, name: curve.name, symbol: "none", silent: true };
  const fill = palette[curve.fill ?? curve.colour];
  if (curve.kind === "band") {
    const low = curve.low ?? [];
    const invisible = { width: 0, opacity: 0 };
    return [
      { ...base, stack: curve.name, lineStyle: invisible, data: points(low) },
      {
        ...base,
        stack: curve.name,
        lineStyle: invisible,
        areaStyle: { color: fill, opacity: 1 },
        data: points(curve.y.map((value, i) => value - (low[i] ?? 0))),
      },
    ];
  }
  const stroke = {
    color: palette[curve.colour],
    width: (curve.width ?? 1.75) * scale,
    type: curve.kind === "dashed" ? ("dashed" as const) : ("solid" as const),
  };
  if (curve.kind === "area") {
    return [
      {
        ...base,
        stack: "area",
        lineStyle: { ...stroke, width: 1 },
        areaStyle: { color: fill, opacity: 0.85, origin: 0 },
        data: points(curve.y),
      },
    ];
  }
  return [{ ...base, lineStyle: stroke, data: points(curve.y), z: 3 }];
}
