/** The range of values of the policy map's colours. */

import type { ScaleName } from "@/lib/colourScales";
import type { Decision } from "./decisions";

export const VALUE_SCALE: ScaleName = "cividis";

export interface ValueRange {
  low: number;
  high: number;
}

/** The lowest and the highest value of a best action in any cell. */
export function valueRange(views: readonly { decisions: readonly Decision[] }[]): ValueRange {
  const values = views.flatMap(({ decisions }) => decisions.map(({ q, best }) => q[best]!));
  return values.length > 0 ? { low: Math.min(...values), high: Math.max(...values) } : { low: 0, high: 0 };
}
