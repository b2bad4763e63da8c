/** What a network would do in every cell, and where its arrows lead. */

import type { Placement } from "@/lib/messages";
import { moveOf } from "./actions";
import { qValues, type Network, type Situation } from "@/lib/network";

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
  /** Where affordances stood before they were moved; empty before that. */
  former?: readonly Placement[];
  /** Cells that cannot be entered, by index. */
  walls?: readonly number[];
  water?: readonly number[];
}

/** The empty cell where an affordance, by its index, stood before the move. */
export type Left = `left ${number}`;

/**
 * Where one ends that does what the arrows say: at an affordance (its index), where an affordance was before the
 * move, in a loop far from both, or on the spot. A cell that nobody can enter is closed.
 */
export type Destination = number | Left | "loop" | "still" | "closed";

/** The index of the affordance that a destination is about, null for a loop and for staying. */
export function affordanceOf(end: Destination): number | null {
  if (typeof end === "number") return end;
  return end === "loop" || end === "still" || end === "closed" ? null : Number(end.slice(5));
}

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

/** What an agent in a cell sees of the town: the affordance there and, by the sight of the network, what is near. */
export function seenIn(network: Network, town: Town): (cell: number) => Omit<Situation, "meters"> {
  const affordances = affordancesByCell(network, town);
  const { sight } = network;
  if (sight === 0) return (cell) => ({ cell, affordance: affordances[cell]! });
  const closed = closedCells(town);
  const noWay = network.affordances.length + 1;
  function at(x: number, y: number): number {
    const cell = y * town.width + x;
    const outside = x < 0 || y < 0 || x >= town.width || y >= town.height;
    return outside || closed.has(cell) ? noWay : affordances[cell]!;
  }
  return (cell) => {
    const [x, y] = [cell % town.width, Math.floor(cell / town.width)];
    const near: number[] = [];
    for (let dy = -sight; dy <= sight; dy += 1)
      for (let dx = -sight; dx <= sight; dx += 1) if (dx !== 0 || dy !== 0) near.push(at(x + dx, y + dy));
    return { cell, affordance: affordances[cell]!, near };
  };
}

/** By cell the index of the affordance that has left it, for cells in which nothing stands now. */
export function leftByCell(network: Network, town: Town): Map<number, number> {
  const now = affordancesByCell(network, town);
  const found = new Map<number, number>();
  for (const { name, x, y } of town.former ?? []) {
    const index = network.affordances.indexOf(name);
    const cell = y * town.width + x;
    if (index >= 0 && now[cell] === network.affordances.length) found.set(cell, index);
  }
  return found;
}

/** What the network would do in each cell of the town with the same meters everywhere. */
export function decisionsEverywhere(network: Network, town: Town, meters: ArrayLike<number>): Decision[] {
  const seen = seenIn(network, town);
  return Array.from({ length: town.width * town.height }, (_, cell) =>
    decisionOf(qValues(network, { ...seen(cell), meters })),
  );
}

/**
 * Where the arrows lead from each cell, as long as the meters stay as they are: to the affordance in the cell where
 * they end, or in one of the cells that they go round and round in; otherwise to the place in these cells where an
 * affordance was. An arrow into a wall, and the use of a cell where there is nothing to use, leave the agent
 * where it is.
 */
export function destinationsOf(network: Network, town: Town, decisions: readonly Decision[]): Destination[] {
  const affordances = affordancesByCell(network, town);
  const none = network.affordances.length;
  const left = leftByCell(network, town);
  /** The place in the cells where arrows end. */
  function placeIn(cells: readonly number[]): number | Left | null {
    const there = cells.find((cell) => affordances[cell] !== none);
    if (there !== undefined) return affordances[there]!;
    const was = cells.find((cell) => left.has(cell));
    return was === undefined ? null : `left ${left.get(was)!}`;
  }
  const closed = closedCells(town);
  const found = new Array<Destination | undefined>(decisions.length);
  for (const cell of closed) found[cell] = "closed";
  const walked = new Int32Array(decisions.length).fill(-1);
  for (let start = 0; start < decisions.length; start += 1) {
    const way: number[] = [];
    let cell = start;
    let end: Destination | undefined;
    while ((end = found[cell]) === undefined) {
      if (walked[cell] === start) {
        end = placeIn(way.slice(way.indexOf(cell))) ?? "loop";
        break;
      }
      walked[cell] = start;
      way.push(cell);
      const next = nextCell(network.actions[decisions[cell]!.best]!, cell, town, closed);
      if (next === cell) {
        end = placeIn([cell]) ?? "still";
        break;
      }
      cell = next;
    }
    for (const passed of way) found[passed] = end;
  }
  return found as Destination[];
}

/** The cells that cannot be entered. */
export function closedCells({ walls = [], water = [] }: Town): Set<number> {
  return new Set([...walls, ...water]);
}

/** The cell that an action leads to from `cell`; the border of the town and closed cells stop. */
export function nextCell(
  action: string,
  cell: number,
  { width, height }: Town,
  closed: ReadonlySet<number> = new Set(),
): number {
  const move = moveOf(action);
  if (move === null) return cell;
  const x = Math.min(width - 1, Math.max(0, (cell % width) + move.dx));
  const y = Math.min(height - 1, Math.max(0, Math.floor(cell / width) + move.dy));
  const next = y * width + x;
  return closed.has(next) ? cell : next;
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
