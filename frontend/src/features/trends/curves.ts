/** The curves of a chart, and the position of the plot in its box. */

/** A colour of `tokens.css`, without its dashes in front. */
export type Token =
  | "ink"
  | "ink-2"
  | "ink-3"
  | "line"
  | "accent"
  | "accent-soft"
  | "curiosity"
  | "curiosity-soft"
  | "reward"
  | "reward-soft";

/** A curve; `x` and the values have the same length. */
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
  /** 0 to 1; what is filled is a little transparent without it, a line is not. */
  opacity?: number;
}

export interface Frame {
  first: number;
  last: number;
  low?: number | undefined;
  high?: number | undefined;
  logarithmic?: boolean;
  /** Distance of the horizontal lines; left out: a round number. */
  step?: number;
}

/** The margins of the plot in its box, in CSS pixels; the same for all layers of a chart. */
export const PLOT = { left: 48, right: 10, top: 36, bottom: 40 } as const;

export type Plot = Record<keyof typeof PLOT, number>;

/** `--text-chart` of `tokens.css` without its unit, which is rem. */
const CHART_TYPE = 0.72;

/** The factor by which type is larger than usual, by the reader's settings or on a stream; charts grow with it. */
export function typeScale(): number {
  const root = getComputedStyle(document.documentElement);
  const type = Number.parseFloat(root.getPropertyValue("--text-chart")) || CHART_TYPE;
  return ((Number.parseFloat(root.fontSize) / 16) * type) / CHART_TYPE || 1;
}

export function plotAt(scale: number): Plot {
  return {
    left: PLOT.left * scale,
    right: PLOT.right * scale,
    top: PLOT.top * scale,
    bottom: PLOT.bottom * scale,
  };
}
