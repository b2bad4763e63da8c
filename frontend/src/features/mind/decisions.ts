/** What a network would do in every cell, and where its arrows lead. */

import type { Placement } from "@/lib/messages";
import { moveOf } from "./actions";
import { qValues, type Network } from "./network";

/** The greedy action of one state, and how far it is ahead. */
export interface Decision {
  q: Float32Array;
  best: number;
  /** The second best action; `best` itself when there is only one. */
  second: number;
  /** Q of the best action less Q of the second: close to 0 is a tie. */
  margin: number;
}

export interface Town {
  width: number;
  height: number;
  layout: readonly Placement[];
}

/** Where one ends that does what the arrows say: at an affordance (its index), in a loop, or on the spot. */
export type Destination = number | "loop" | "still";

export function decisionOf(q: Float32Array): Decision {
  let best = 0;
  for (let a = 1; a < q.length; a += 1) if (q[a]! > q[best]!) best = a;
  let second = best === 0 ? Math.min(1, q.length - 1) : 0;
  for (let a = 0; a < q.length; a += 1) if (a !== best && q[a]! > q[second]!) second = a;
  return { q, best, second, margin: q[best]! - q[second]! };
}

/** For each cell the index of the affordance there, the number of affordances where there is none. */
export function affordancesByCell(network: Network, town: Town): number[] {
  const found = new Array<number>(town.width * town.height).fill(network.affordances.length);
  for (const { name, x, y } of town.layout) {
    const index = network.affordances.indexOf(name);
    if (index >= 0) found[y * town.width + x] = index;
  }
  return found;
}

/** What the network would do in each cell of the town with the same meters everywhere. */
export function decisionsEverywhere(network: Network, town: Town, meters: ArrayLike<number>): Decision[] {
  return affordancesByCell(network, town).map((affordance, cell) =>
    decisionOf(qValues(network, { cell, meters, affordance })),
  );
}

/**
 * Where the arrows lead from each cell, as long as the meters stay as they are. An arrow into a wall, and the
 * use of a cell where there is nothing to use, leave the agent where it is.
 */
export function destinationsOf(network: Network, town: Town, decisions: readonly Decision[]): Destination[] {
  const affordances = affordancesByCell(network, town);
  const none = network.affordances.length;
  const found = new Array<Destination | undefined>(decisions.length);
  const walked = new Int32Array(decisions.length).fill(-1);
  for (let start = 0; start < decisions.length; start += 1) {
    const way: number[] = [];
    let cell = start;
    let end: Destination | undefined;
    while ((end = found[cell]) === undefined) {
      if (walked[cell] === start) {
        end = "loop";
        break;
      }
      walked[cell] = start;
      way.push(cell);
      const next = nextCell(network.actions[decisions[cell]!.best]!, cell, town);
      if (next === cell) {
        const uses = moveOf(network.actions[decisions[cell]!.best]!) === null;
        end = uses && affordances[cell] !== none ? affordances[cell]! : "still";
        break;
      }
      cell = next;
    }
    for (const passed of way) found[passed] = end;
  }
  return found as Destination[];
}

/** The cell that an action leads to from `cell`; walls stop. */
export function nextCell(action: string, cell: number, { width, height }: Town): number {
  const move = moveOf(action);
  if (move === null) return cell;
  const x = Math.min(width - 1, Math.max(0, (cell % width) + move.dx));
  const y = Math.min(height - 1, Math.max(0, Math.floor(cell / width) + move.dy));
  return y * width + x;
}

/** How many cells lead to each destination, most first. */
export function tally(destinations: readonly Destination[]): [Destination, number][] {
  const counts = new Map<Destination, number>();
  for (const end of destinations) counts.set(end, (counts.get(end) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** The share `part` (0 to 1) of `values` lies below the result; 0 for none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
