/** Presets of the meters, made from the run without knowledge of a meter's name. */

import { sentence } from "@/lib/format";
import type { EpisodeReplay, Run } from "@/lib/messages";

/** The level of a low meter: low enough to matter, and frequent in recorded runs. */
const VITAL_LOW = 0.15;
/** A meter counts as low up to this level, which is a little above `LOW`. */
const MARGIN = 0.02;

/** A preset with one low meter, named by the town's word. */
export interface Feeling {
  meter: number;
  /** "Tired", or "Low on energy" where the town has no word. */
  name: string;
  /** The level of the meter, 0 to 1. */
  low: number;
}

/** A preset for each meter. A meter that cannot end an episode is set to empty. */
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

/**
 * The levels with one preset added or removed; without the preset the meter has its `usual` level, or is full
 * where that is low.
 */
export function toggled(levels: readonly number[], feeling: Feeling, usual: readonly number[]): number[] {
  const without = feels(usual, feeling) ? 1 : usual[feeling.meter]!;
  const level = feels(levels, feeling) ? without : feeling.low;
  return levels.map((present, i) => (i === feeling.meter ? level : present));
}

/**
 * The levels of an ordinary moment: the means over the steps of an episode; null where the meters were not
 * recorded. All meters full but one would be a state that the agent hardly ever saw in training.
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
