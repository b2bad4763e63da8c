/** A vertical axis that a few extreme points may leave, so that they do not flatten all others. */

/** Points above this share of all are extreme, if the highest is so many times as high as the others reach. */
const USUAL = 0.98;
const EXTREME = 5;
const ROOM = 1.15;

/**
 * Where an axis for `values` (none below 0) should end, and the highest value beyond it; null where no value is
 * so extreme that it flattens the others.
 */
export function withoutOutliers(values: readonly number[]): { limit: number; most: number } | null {
  const ordered = [...values].sort((a, b) => a - b);
  const most = ordered.at(-1) ?? 0;
  const usual = ordered[Math.floor((ordered.length - 1) * USUAL)] ?? 0;
  if (usual <= 0 || most < usual * EXTREME) return null;
  return { limit: roundUp(usual * ROOM), most };
}

/** The next number above with one significant digit: 1.23 → 2. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / unit) * unit;
}
