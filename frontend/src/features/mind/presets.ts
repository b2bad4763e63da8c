/** Needs to start from, all made from the run: nothing here knows a meter's name. */

import type { Run } from "@/lib/messages";

/** Low enough to press, high enough to be seen often in a recorded run. */
export const LOW = 0.15;

export interface Preset {
  name: string;
  levels: number[];
}

/**
 * `newborn` are the levels at the start of the episode that is shown, null when they were not recorded (all full
 * then). Each meter alone can be set low in addition, so that needs can be combined.
 */
export function presetsOf(
  run: Pick<Run, "meters" | "vital_meters">,
  newborn: readonly number[] | null,
): Preset[] {
  const full = run.meters.map(() => 1);
  const start = newborn ? [...newborn] : full;
  const vitalLow = run.meters.map((meter, i) => (run.vital_meters.includes(meter) ? LOW : start[i]!));
  const found = [{ name: "All full", levels: full }];
  if (newborn) found.unshift({ name: "As at birth", levels: start });
  if (run.vital_meters.length > 0) found.push({ name: "All vital low", levels: vitalLow });
  return found;
}

export function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((level, i) => Math.abs(level - b[i]!) < 0.005);
}
