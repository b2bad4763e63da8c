/** The sentences of the panels on the policy. */

import { titleOf } from "@/features/town/icons";
import { count, meterLevel, number } from "@/lib/format";
import type { Run } from "@/lib/messages";
import { signOf, wordsOf } from "./actions";
import { affordanceOf, quantile, tally, type Decision, type Destination, type Town } from "./decisions";
import type { Network } from "@/lib/network";
import type { Flip } from "./questions";

export function destinationName(end: Destination, affordances: readonly string[]): string {
  if (end === "loop") return "round in circles";
  if (end === "still") return "staying in place";
  if (end === "closed") return "nowhere: nobody can enter it";
  const name = titleOf(affordances[affordanceOf(end)!]!);
  return typeof end === "number" ? name : `where ${name} was`;
}

export function placeOf(cell: number, { width }: Town): string {
  return `column ${(cell % width) + 1}, row ${Math.floor(cell / width) + 1}`;
}

/** The destinations of all arrows of the town, and the margins. */
export function mapSentence(
  network: Network,
  decisions: readonly Decision[],
  destinations: readonly Destination[],
): string {
  const open = decisions.filter((_, cell) => destinations[cell] !== "closed");
  const cells = open.length;
  const places = tally(destinations).filter(([end]) => affordanceOf(end) !== null);
  const loops = destinations.filter((end) => end === "loop").length;
  const still = destinations.filter((end) => end === "still").length;
  const named = places.slice(0, 3).map(([end, n], i) => {
    const verb = i > 0 ? "" : n === 1 ? " leads" : " lead";
    return `${count(n)}${verb} to ${destinationName(end, network.affordances)}`;
  });
  const lead = named.length > 0 ? `Of ${count(cells)} cells, ${named.join(", ")}` : `No cell leads anywhere`;
  const rest = places.slice(3).reduce((sum, [, n]) => sum + n, 0);
  const others = rest > 0 ? `, ${count(rest)} elsewhere` : "";
  const dead = [loops && `${count(loops)} round in circles`, still && `${count(still)} to staying in place`]
    .filter(Boolean)
    .join(", ");
  const median = quantile(
    open.map(({ margin }) => margin),
    0.5,
  );
  return `${lead}${others}${dead ? `; ${dead}` : ""}. The best action is ahead by ${number(median)} in the median cell.`;
}

/** The decision in a cell, its margin, and its destination. */
export function cellSentence(
  network: Network,
  town: Town,
  cell: number,
  decision: Decision,
  destination: Destination,
): string {
  if (destination === "closed") return `Nobody can enter ${placeOf(cell, town)}.`;
  const { actions, affordances } = network;
  const lead =
    destination === "loop"
      ? "; its arrows lead round in circles"
      : destination === "still"
        ? "; its arrows end where it stays in place"
        : `; that leads to ${destinationName(destination, affordances)}`;
  return (
    `In ${placeOf(cell, town)} it would ${wordsOf(actions[decision.best]!)}: it expects ` +
    `${number(decision.q[decision.best]!)}, ${number(decision.margin)} more than if it would ` +
    `${wordsOf(actions[decision.second]!)}${lead}.`
  );
}

/** The meters that favour the best action when they are a tenth fuller, and those that favour another. */
export function contributionSentence(
  network: Network,
  gradients: readonly number[],
  best: number,
  other: number,
): string {
  const ranked = gradients.map((value, meter) => ({ value, meter })).sort((a, b) => b.value - a.value);
  const most = ranked[0];
  const least = ranked.at(-1);
  const tenth = (value: number): string => number(Math.abs(value) / 10);
  const parts: string[] = [];
  if (most && most.value > 0) parts.push(`10% more ${network.meters[most.meter]!} adds ${tenth(most.value)}`);
  if (least && least.value < 0)
    parts.push(`10% more ${network.meters[least.meter]!} takes ${tenth(least.value)} away`);
  const pair = `${signOf(network.actions[best]!)} over ${signOf(network.actions[other]!)}`;
  return parts.length > 0
    ? `To the lead of ${pair}, ${parts.join(", and ")}.`
    : `No meter changes the lead of ${pair} here.`;
}

/** The smallest change of one need that changes the decision; `towards` names the action asked about. */
export function flipSentence(
  network: Network,
  meters: ArrayLike<number>,
  found: readonly Flip[],
  run: Pick<Run, "meter_full_scale" | "currency">,
  towards?: number,
): string {
  const first = found[0];
  if (!first) {
    return towards === undefined
      ? "No change of a single meter changes this decision."
      : `No change of a single meter makes it ${wordsOf(network.actions[towards]!)}.`;
  }
  const meter = network.meters[first.meter]!;
  const level = meterLevel(meter, first.level, run);
  const direction = first.level < meters[first.meter]! ? "falls" : "rises";
  return `Once ${meter} ${direction} to ${level} it would ${wordsOf(network.actions[first.action]!)}.`;
}

/** The share of each action in a map of decisions, the largest first. */
export function sharesOf(actions: readonly (readonly number[])[]): [action: number, share: number][] {
  const all = actions.flat();
  const counts = new Map<number, number>();
  for (const action of all) counts.set(action, (counts.get(action) ?? 0) + 1);
  return [...counts]
    .map(([action, n]): [number, number] => [action, n / all.length])
    .sort((a, b) => b[1] - a[1]);
}
