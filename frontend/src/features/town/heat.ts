/** The colour of each cell of the heatmap, and the values of the legend. */

import type { Heatmap, NoveltyScale } from "@/lib/messages";
import { colourAt, inkOn, type ScaleName } from "@/lib/colourScales";

export type HeatKind = "visits" | "novelty";

export interface HeatCell {
  x: number;
  y: number;
  value: number;
  colour: string;
  ink: string;
}

export interface HeatLayer {
  kind: HeatKind;
  scale: ScaleName;
  cells: HeatCell[];
  highest: number;
  /** The values at both ends of the colours; `logarithmic`: equal ratios have equal steps of colour. */
  range: { low: number; high: number; logarithmic: boolean };
  /** The cell with the highest value. */
  peak: { x: number; y: number };
}

const SCALE: Record<HeatKind, ScaleName> = { visits: "cividis", novelty: "viridis" };

/**
 * The position of a value on its scale, 0 to 1. Visits span orders of magnitude, so their square root is used;
 * novelty is used as it is, or by its logarithm on the scale of the whole run.
 */
export function heatFraction(
  kind: HeatKind,
  value: number,
  highest: number,
  runScale: NoveltyScale | null = null,
): number {
  if (kind === "novelty" && runScale) {
    const { low, high } = runScale;
    return value <= low ? 0 : Math.min(1, Math.log(value / low) / Math.log(high / low));
  }
  if (!(highest > 0)) return 0;
  const share = Math.min(1, Math.max(0, value / highest));
  return kind === "visits" ? Math.sqrt(share) : share;
}

/**
 * The heatmap of `kind`; null if the run does not measure it. Novelty is coloured on `runScale`, the same at every
 * moment of the run; without it, and visits always, between 0 and the highest value of this moment.
 */
export function heatLayer(
  heatmap: Heatmap,
  kind: HeatKind,
  runScale: NoveltyScale | null = null,
): HeatLayer | null {
  const rows = heatmap[kind];
  if (rows.length === 0) return null;
  let highest = 0;
  let peak = { x: 0, y: 0 };
  rows.forEach((row, y) =>
    row.forEach((value, x) => {
      if (value > highest) {
        highest = value;
        peak = { x, y };
      }
    }),
  );
  const scale = SCALE[kind];
  const cells = rows.flatMap((row, y) =>
    row.map((value, x) => {
      const fraction = heatFraction(kind, value, highest, runScale);
      return { x, y, value, colour: colourAt(scale, fraction), ink: inkOn(scale, fraction) };
    }),
  );
  const range =
    kind === "novelty" && runScale
      ? { ...runScale, logarithmic: true }
      : { low: 0, high: highest, logarithmic: false };
  return { kind, scale, cells, highest, range, peak };
}

/** What novelty is measured in, by the source of the run's intrinsic reward (`Run.novelty`). */
const NOVELTY_UNITS: Record<string, string> = { rnd: "prediction error", counts: "1/√ of times seen" };

/** What the numbers of a heatmap are, and how they are spread over its colours. */
export function unitOf({ kind, range }: Pick<HeatLayer, "kind" | "range">, novelty: string): string {
  if (kind === "visits") return "steps per episode, √ scale";
  return `${NOVELTY_UNITS[novelty] ?? "novelty"}, ${range.logarithmic ? "log scale" : "scale of this moment"}`;
}
