/** From lines to draw to what ECharts wants to be told. */

import { compact, number } from "@/lib/format";
import type { XScale } from "@/lib/xScale";
import type { ChartOption, LineSeriesOption } from "./echarts";
import type { Palette, Token } from "./usePalette";

/** One thing drawn over the episodes; `x` and the values have the same length. */
export interface Curve {
  name: string;
  x: number[];
  colour: Token;
  /** A colour of the data in place of that of a token. */
  paint?: string;
  /** "line", "dashed" and "dotted" draw `y`; "area" fills down to 0 and stacks by sign; "band" fills from `low` to `y`. */
  kind: "line" | "dashed" | "dotted" | "area" | "band";
  /** NaN where the curve is interrupted. */
  y: (number | null)[];
  low?: number[];
  fill?: Token;
  width?: number;
}

/** Where the plot lies in its box, in CSS pixels; the overlay of `TimeChart` measures with the same numbers. */
export const PLOT = { left: 48, right: 10, top: 36, bottom: 40 } as const;

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
  logarithmic?: boolean;
  /** Distance of the horizontal lines; chosen to suit when left out. */
  step?: number;
}

/** `curves` and `frame` are in the units of `xs`, whose axis and title are drawn. */
export function chartOption(
  curves: readonly Curve[],
  frame: Frame,
  palette: Palette,
  xs: Pick<XScale, "axis" | "title">,
  scale = 1,
): ChartOption {
  const label = { color: palette.ink2, fontSize: 11.5 * scale, fontFamily: palette.font };
  return {
    animation: false,
    grid: plotAt(scale),
    xAxis: {
      type: "value",
      min: frame.first,
      max: frame.last > frame.first ? frame.last : frame.first + 1,
      name: xs.title,
      nameLocation: "middle",
      nameGap: 22 * scale,
      nameTextStyle: label,
      splitNumber: 6,
      axisLine: { lineStyle: { color: palette.ink3 }, onZero: false },
      axisTick: { lineStyle: { color: palette.ink3 }, length: 4 },
      axisLabel: {
        ...label,
        hideOverlap: true,
        showMinLabel: false,
        showMaxLabel: false,
        formatter: (value: number) => (xs.axis === "steps" ? compact(value) : number(value)),
      },
      splitLine: { show: false },
    },
    yAxis: {
      type: frame.logarithmic ? "log" : "value",
      min: frame.logarithmic ? null : (frame.low ?? null),
      max: frame.high ?? null,
      splitNumber: 4,
      ...(frame.step === undefined || frame.logarithmic ? {} : { interval: frame.step }),
      axisLabel: { ...label, formatter: (value: number) => number(value) },
      splitLine: { lineStyle: { color: palette.line } },
    } as NonNullable<ChartOption["yAxis"]>,
    series: curves.flatMap((curve) => seriesOf(curve, palette, scale, frame.logarithmic ?? false)),
  };
}

function seriesOf(curve: Curve, palette: Palette, scale: number, logarithmic: boolean): LineSeriesOption[] {
  // ECharts leaves a gap for "-"; a logarithmic axis has no place for what is not above 0.
  const points = (values: readonly (number | null)[]): [number, number | "-"][] =>
    values.map((value, i) => [
      curve.x[i]!,
      value === null || Number.isNaN(value) || (logarithmic && value <= 0) ? "-" : value,
    ]);
  const base = { type: "line" as const, name: curve.name, symbol: "none", silent: true };
  const fill = curve.paint ?? palette[curve.fill ?? curve.colour];
  if (curve.kind === "band") {
    const low = curve.low ?? [];
    const invisible = { width: 0, opacity: 0 };
    return [
      { ...base, stack: curve.name, lineStyle: invisible, data: points(low) },
      {
        ...base,
        stack: curve.name,
        lineStyle: invisible,
        areaStyle: { color: fill, opacity: 0.85 },
        data: points(curve.y.map((value, i) => (value ?? NaN) - (low[i] ?? 0))),
      },
    ];
  }
  const stroke = {
    color: curve.paint ?? palette[curve.colour],
    width: (curve.width ?? 1.75) * scale,
    type: curve.kind === "dashed" || curve.kind === "dotted" ? curve.kind : ("solid" as const),
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
