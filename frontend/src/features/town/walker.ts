/** The agent at one step of a recorded episode: its cell, its meters, its end. */

import { count } from "@/lib/format";
import type { EpisodeReplay, Run } from "@/lib/messages";

/** The agent and its trail as `TownMap` draws them. */
export interface Walker {
  path: number[];
  step: number;
  /** Level of the worst vital meter, 0 (dying) to 1 (well); null when the episode was not traced. */
  wellbeing: number | null;
  dead: boolean;
  /** Steps per second, for smooth walking. */
  pace: number;
}

/** Steps of an episode. */
export function lengthOf(replay: EpisodeReplay): number {
  return Math.max(0, replay.path.length - 1);
}

export function walkerAt(
  replay: EpisodeReplay,
  step: number,
  run: Pick<Run, "meters" | "vital_meters">,
  pace: number,
): Walker {
  const shown = Math.min(step, lengthOf(replay));
  const end = endAt(replay, shown);
  return {
    path: replay.path,
    step: shown,
    wellbeing: wellbeingAt(replay, shown, run),
    dead: end !== null && end !== "limit",
    pace,
  };
}

/** Levels 0..1 of all meters after `step`, or null when the episode was not traced. */
export function levelsAt(replay: EpisodeReplay, step: number): number[] | null {
  const row = replay.meters[Math.min(step, replay.meters.length - 1)];
  return row ? row.map((level) => level / 255) : null;
}

/** The level of the worst vital meter, or null when the episode was not traced. */
function wellbeingAt(
  replay: EpisodeReplay,
  step: number,
  run: Pick<Run, "meters" | "vital_meters">,
): number | null {
  const levels = levelsAt(replay, step);
  if (levels === null) return null;
  return Math.min(
    1,
    ...run.meters.map((meter, i) => (run.vital_meters.includes(meter) ? (levels[i] ?? 1) : 1)),
  );
}

/**
 * The cause of the end if the episode has ended at this step: the name of a meter, or "limit"; null before the
 * end.
 */
function endAt(replay: EpisodeReplay, step: number): string | null {
  return step >= lengthOf(replay) ? replay.metrics.cause : null;
}

/**
 * One line below the map: episode, agent, step, end.
 *
 * `newest` is the newest episode where the recording is shown live, null at a chosen moment. `pace`, in steps per
 * second, is given where it is higher than the viewer chose.
 */
export function caption(
  replay: EpisodeReplay,
  step: number,
  newest: number | null = null,
  pace: number | null = null,
): string {
  const { episode_id, agent, cause } = replay.metrics;
  const length = lengthOf(replay);
  const where =
    step >= length
      ? `${causeInWords(cause)} after ${count(length)} steps`
      : `step ${count(step)} of ${count(length)}`;
  if (newest === null) return `Episode ${count(episode_id)}, agent ${agent}: ${where}`;
  const ago = newest - episode_id;
  const when = ago <= 0 ? "the newest" : `${count(ago)} ${ago === 1 ? "episode" : "episodes"} ago`;
  const speed = pace === null || step >= length ? "" : `, ${pace} steps a second`;
  return `Replay of episode ${count(episode_id)}, ${when}. Agent ${agent}: ${where}${speed}.`;
}

/** The cause of an episode's end in words. */
export function causeInWords(cause: string): string {
  return cause === "limit" ? "lived to the limit" : `ran out of ${cause}`;
}
