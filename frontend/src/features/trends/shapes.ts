/** Makes SVG paths of curves. */

import type { Curve } from "./curves";

export interface Shape {
  key: string;
  /** The path, in CSS pixels. */
  d: string;
  fill: string;
  stroke: string;
  width: number;
  dash: string;
  opacity: number;
}

/** Filled areas are transparent, so that lines and marks behind them are visible. */
const FILLED_OPACITY = 0.85;

export interface Stack {
  base: number[];
  top: number[];
}

/** Areas are stacked: positive values above 0, negative values below 0. */
export function stacksOf(curves: readonly Curve[]): Map<Curve, Stack> {
  const above: number[] = [];
  const below: number[] = [];
  const stacks = new Map<Curve, Stack>();
  for (const curve of curves) {
    if (curve.kind !== "area") continue;
    const stack: Stack = { base: [], top: [] };
    curve.y.forEach((value, i) => {
      const height = value === null || Number.isNaN(value) ? 0 : value;
      const level = height < 0 ? below : above;
      const base = level[i] ?? 0;
      stack.base.push(base);
      stack.top.push(base + height);
      level[i] = base + height;
    });
    stacks.set(curve, stack);
  }
  return stacks;
}

/** Bands and areas first, lines over them; NaN from `toY` interrupts a curve. */
export function shapesOf(
  curves: readonly Curve[],
  toX: (x: number) => number,
  toY: (value: number) => number,
  scale: number,
): Shape[] {
  const stacks = stacksOf(curves);
  const colour = (curve: Curve): string => curve.paint ?? `var(--${curve.colour})`;
  const fill = (curve: Curve): string => curve.paint ?? `var(--${curve.fill ?? curve.colour})`;
  const filled = curves.flatMap((curve): Shape[] => {
    const key = `${curve.name} filled`;
    const opacity = curve.opacity ?? FILLED_OPACITY;
    const shape = { key, fill: fill(curve), stroke: "none", width: 0, dash: "none", opacity };
    if (curve.kind === "band") return [{ ...shape, d: ribbon(curve, curve.low ?? [], curve.y, toX, toY) }];
    const stack = stacks.get(curve);
    return stack ? [{ ...shape, d: ribbon(curve, stack.base, stack.top, toX, toY) }] : [];
  });
  const lines = curves.flatMap((curve): Shape[] => {
    if (curve.kind === "band") return [];
    const width = (curve.kind === "area" ? 1 : (curve.width ?? 1.75)) * scale;
    const dash =
      curve.kind === "dashed"
        ? `${4 * width} ${3 * width}`
        : curve.kind === "dotted"
          ? `${width} ${1.5 * width}`
          : "none";
    const d = line(curve.x, stacks.get(curve)?.top ?? curve.y, toX, toY);
    const opacity = curve.kind === "area" ? 1 : (curve.opacity ?? 1);
    return [{ key: curve.name, d, fill: "none", stroke: colour(curve), width, dash, opacity }];
  });
  return [...filled, ...lines];
}

function line(
  x: readonly number[],
  y: readonly (number | null)[],
  toX: (x: number) => number,
  toY: (value: number) => number,
): string {
  let path = "";
  let pen = "M";
  y.forEach((value, i) => {
    const at = value === null ? NaN : toY(value);
    if (Number.isNaN(at)) pen = "M";
    else {
      path += `${pen}${pixel(toX(x[i]!))} ${pixel(at)}`;
      pen = "L";
    }
  });
  return path;
}

/** The outline of what lies between two curves: along the upper one, back along the lower one. */
function ribbon(
  curve: Curve,
  base: readonly number[],
  top: readonly (number | null)[],
  toX: (x: number) => number,
  toY: (value: number) => number,
): string {
  const known = curve.x.flatMap((x, i) => {
    const [high, low] = [toY(top[i] ?? NaN), toY(base[i] ?? NaN)];
    return Number.isNaN(high) || Number.isNaN(low) ? [] : [{ x: pixel(toX(x)), high, low }];
  });
  if (known.length === 0) return "";
  const there = known.map(({ x, high }) => `${x} ${pixel(high)}`);
  const back = known.map(({ x, low }) => `${x} ${pixel(low)}`).reverse();
  return `M${[...there, ...back].join("L")}Z`;
}

/** Coordinates have a precision of a tenth of a pixel. */
function pixel(value: number): number {
  return Math.round(value * 10) / 10;
}
