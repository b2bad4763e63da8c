/** Needs to start from, all made from the run: nothing here knows a meter's name. */

import { sentence } from "@/lib/format";
import type { EpisodeReplay, Run } from "@/lib/messages";

/** Low enough to press, high enough to be seen often in a recorded run. */
const VITAL_LOW = 0.15;
/** A meter counts as low a little above the level that it is set to. */
const MARGIN = 0.02;

/** One meter low, in the town's own word for it. */
export interface Feeling {
  meter: number;
  /** "Tired", or "Low on energy" in a town that has no word for it. */
  name: string;
  /** The level that stands for it, 0 to 1. */
  low: number;
}

/** What an agent of this run may feel, one for each meter. A meter that nobody dies of can be empty. */
export function feelingsOf(run: Pick<Run, "meters" | "vital_meters" | "when_low">): Feeling[] {
  return run.meters.map((name, meter) => ({
    meter,
    name: sentence(run.when_low[name] ?? `low on ${name}`),
    low: run.vital_meters.includes(name) ? VITAL_LOW : 0,
  }));
}

export function feels(levels: readonly number[], { meter, low }: Feeling): boolean {
  return levels[meter]! <= low + MARGIN;
}

/** "Tired and lonely"; "With these needs" when no meter is low. */
export function feelingWords(levels: readonly number[], feelings: readonly Feeling[]): string {
  const names = feelings.filter((feeling) => feels(levels, feeling)).map(({ name }) => name);
  if (names.length === 0) return "With these needs";
  return sentence(names.join(" and ").toLowerCase());
}

/** The levels with one feeling more or less; without it the meter is at its `usual` level, or full if that is low. */
export function toggled(levels: readonly number[], feeling: Feeling, usual: readonly number[]): number[] {
  const without = feels(usual, feeling) ? 1 : usual[feeling.meter]!;
  const level = feels(levels, feeling) ? without : feeling.low;
  return levels.map((present, i) => (i === feeling.meter ? level : present));
}

/**
 * The levels of an ordinary moment: the means over the steps of an episode; null when its meters were not recorded.
 * What an agent hardly ever feels (all meters full but one) it has hardly learnt to act on.
 */
export function usualLevels(replay: Pick<EpisodeReplay, "meters">): number[] | null {
  const steps = replay.meters.length;
  if (steps === 0) return null;
  const percent = (meter: number): number =>
    Math.round(replay.meters.reduce((sum, row) => sum + row[meter]!, 0) / steps / 2.55);
  return replay.meters[0]!.map((_, meter) => percent(meter) / 100);
}

export function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((level, i) => Math.abs(level - b[i]!) < 0.005);
}
