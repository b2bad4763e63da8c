/** What a recorded life looks like at one of its steps: where the walker is, how it feels, what it just did. */

import type { Replay, Run } from "../messages";

export interface Moods {
  /** From 0 (dying) to 1 (well): the level of the worst vital meter; null when the life was not traced. */
  wellbeing: number | null;
  /** The meter that is worst. */
  worst: string | null;
}

/** Levels 0..1 of all meters after `step`, or null when the life was not traced. */
export function levelsAt(replay: Replay, step: number): number[] | null {
  const row = replay.meters[step];
  return row ? row.map((level) => level / 255) : null;
}

export function moodAt(replay: Replay, step: number, run: Pick<Run, "meters" | "vital_meters">): Moods {
  const levels = levelsAt(replay, step);
  if (levels === null) return { wellbeing: null, worst: null };
  let worst: string | null = null;
  let wellbeing = 1;
  run.meters.forEach((meter, i) => {
    const level = levels[i] ?? 1;
    if (run.vital_meters.includes(meter) && (worst === null || level < wellbeing)) {
      worst = meter;
      wellbeing = level;
    }
  });
  return { wellbeing, worst };
}

/** Whether the life is over at this step, and of what: the name of a meter, or "limit"; null while it goes on. */
export function endAt(replay: Replay, step: number): string | null {
  return step >= replay.path.length - 1 ? replay.metrics.cause : null;
}

/** The affordance used at exactly this step, or null. */
export function usedAt(replay: Replay, step: number): string | null {
  return replay.uses.find((use) => use.step === step)?.affordance ?? null;
}

/** What a life ended of, in words. */
export function causeInWords(cause: string): string {
  return cause === "limit" ? "lived to the limit" : `died of ${LACK[cause] ?? `lack of ${cause}`}`;
}

const LACK: Record<string, string> = { energy: "exhaustion", hygiene: "squalor", satiation: "hunger" };
