/** What a recorded episode looks like at one of its steps: where the walker is, how it feels, how it ended. */

import { count } from "@/lib/format";
import type { EpisodeReplay, Run } from "@/lib/messages";

/** What `TownMap` needs to draw the agent and its trail. */
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

/** Whether the episode is over at this step, and of what: the name of a meter, or "limit"; null while it goes on. */
function endAt(replay: EpisodeReplay, step: number): string | null {
  return step >= lengthOf(replay) ? replay.metrics.cause : null;
}

/**
 * One line under the map: which episode, whose, which step, how it ended.
 *
 * `newest` is the newest episode for a replay that is shown live, null for a moment that was chosen. `pace` is
 * given, in steps a second, when the episode is walked faster than the viewer chose.
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

/** What an episode ended of, in words. */
export function causeInWords(cause: string): string {
  return cause === "limit" ? "lived to the limit" : `ran out of ${cause}`;
}
