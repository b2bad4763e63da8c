/** Which colour a cell of the heatmap gets, and the numbers its legend shows. */

import type { Heatmap } from "@/lib/messages";
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
  /** The busiest, or most novel, cell. */
  peak: { x: number; y: number };
}

const SCALE: Record<HeatKind, ScaleName> = { visits: "cividis", novelty: "viridis" };

/**
 * Where a value lies on its scale, 0..1. Visits span orders of magnitude (one bed, sixty streets), so their
 * square root is shown; novelty is shown as it is.
 */
export function heatFraction(kind: HeatKind, value: number, highest: number): number {
  if (!(highest > 0)) return 0;
  const share = Math.min(1, Math.max(0, value / highest));
  return kind === "visits" ? Math.sqrt(share) : share;
}

/** The heatmap of `kind`, coloured between 0 and its own highest value; null if the run does not measure it. */
export function heatLayer(heatmap: Heatmap, kind: HeatKind): HeatLayer | null {
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
      const fraction = heatFraction(kind, value, highest);
      return { x, y, value, colour: colourAt(scale, fraction), ink: inkOn(scale, fraction) };
    }),
  );
  return { kind, scale, cells, highest, peak };
}
