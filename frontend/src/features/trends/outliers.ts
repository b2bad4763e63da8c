/** The end of a vertical axis that leaves out a few extreme points, which would flatten all others. */

/** Values above this quantile are extreme, if the highest value is larger than it by this factor. */
const USUAL = 0.98;
const EXTREME = 5;
const ROOM = 1.15;

/**
 * The end of an axis for `values` (none below 0), and the highest value beyond it; null where no value is extreme.
 */
export function withoutOutliers(values: readonly number[]): { limit: number; most: number } | null {
  const ordered = [...values].sort((a, b) => a - b);
  const most = ordered.at(-1) ?? 0;
  const usual = ordered[Math.floor((ordered.length - 1) * USUAL)] ?? 0;
  if (usual <= 0 || most < usual * EXTREME) return null;
  return { limit: roundUp(usual * ROOM), most };
}

/** The next higher number with one significant digit: 1.23 → 2. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / unit) * unit;
}
