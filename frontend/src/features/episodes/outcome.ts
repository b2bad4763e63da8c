/** The outcomes of two episodes, and what the episodes had in common at their start. */

import { count, number } from "@/lib/format";
import type { EpisodeReplay, Placement } from "@/lib/messages";
import { causeInWords } from "@/features/town/walker";

export interface OutcomeRow {
  name: string;
  values: string[];
}

export function outcomeRows(replays: readonly EpisodeReplay[]): OutcomeRow[] {
  const row = (name: string, value: (replay: EpisodeReplay) => string): OutcomeRow => ({
    name,
    values: replays.map(value),
  });
  return [
    row("Episode", ({ metrics }) => count(metrics.episode_id)),
    row("Agent", ({ metrics }) => String(metrics.agent)),
    row("Survived, steps", ({ metrics }) => count(metrics.survival_time)),
    row("End", ({ metrics }) => causeInWords(metrics.cause)),
    row("Affordances used", ({ uses }) => count(uses.length)),
    row("Reward of the town", ({ metrics }) => number(metrics.extrinsic_reward)),
    row("Reward in all", ({ metrics }) => number(metrics.total_reward)),
  ];
}

/** One sentence on whether the two episodes can be compared. */
export function commonStart([left, right]: readonly [EpisodeReplay, EpisodeReplay], width: number): string {
  const { metrics, attempt } = left;
  if (
    metrics.episode_id === right.metrics.episode_id &&
    attempt !== right.attempt &&
    sameSteps(left, right)
  ) {
    return "The two are identical: the resumed run repeated this episode step by step.";
  }
  const cell = left.path[0];
  if (cell === undefined || cell !== right.path[0]) {
    return "The two begin in different cells, so only their outcomes can be compared.";
  }
  const where = `column ${(cell % width) + 1}, row ${Math.floor(cell / width) + 1}`;
  const who =
    left.metrics.agent === right.metrics.agent ? "and are lived by the same agent" : "but by two agents";
  return `Both begin in ${where}, ${who}.`;
}

function sameSteps(left: EpisodeReplay, right: EpisodeReplay): boolean {
  return left.path.length === right.path.length && left.path.every((cell, i) => cell === right.path[i]);
}

/** The places of `before` in which `now` has another affordance or none. */
export function leftPlaces(before: readonly Placement[], now: readonly Placement[]): Placement[] {
  return before.filter(
    (place) => !now.some(({ name, x, y }) => name === place.name && x === place.x && y === place.y),
  );
}
