/** The decision of a network in every cell, and the destinations of the arrows. */

import type { Placement } from "@/lib/messages";
import { moveOf } from "./actions";
import { qValues, type Network, type Situation } from "@/lib/network";

/** The greedy action of one state, and its margin. */
export interface Decision {
  q: Float32Array;
  best: number;
  /** The second best action; `best` where there is one action only. */
  second: number;
  /** Q of the best action minus Q of the second best; near 0 is a tie. */
  margin: number;
}

export interface Town {
  width: number;
  height: number;
  layout: readonly Placement[];
  /** Places of the affordances before the move; empty without a move. */
  former?: readonly Placement[];
  /** Cells that cannot be entered, by index. */
  walls?: readonly number[];
  water?: readonly number[];
}

/** The empty cell in which an affordance, given by its index, stood before the move. */
export type Left = `left ${number}`;

/**
 * The destination of the arrows: an affordance (its index), the former cell of an affordance, a loop far from
 * both, or no move. A cell that cannot be entered is closed.
 */
export type Destination = number | Left | "loop" | "still" | "closed";

/** The affordance of a destination, by index; null for a loop and for no move. */
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

/** For each cell the index of its affordance; the number of affordances where there is none. */
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

/** For each cell in which nothing stands now, the index of the affordance that stood there. */
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

/** The decision in each cell of the town, with the same meters in all cells. */
export function decisionsEverywhere(network: Network, town: Town, meters: ArrayLike<number>): Decision[] {
  const seen = seenIn(network, town);
  return Array.from({ length: town.width * town.height }, (_, cell) =>
    decisionOf(qValues(network, { ...seen(cell), meters })),
  );
}

/**
 * The destination of the arrows from each cell, with unchanged meters: the affordance in the last cell, or in one
 * cell of the loop; otherwise the former cell of an affordance among these cells. An arrow into a wall is no move,
 * and neither is a use in a cell without an affordance.
 */
export function destinationsOf(network: Network, town: Town, decisions: readonly Decision[]): Destination[] {
  const affordances = affordancesByCell(network, town);
  const none = network.affordances.length;
  const left = leftByCell(network, town);
  /** The destination among the cells in which the arrows end. */
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

/** The cell after an action in `cell`; the border of the town and closed cells stop a move. */
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

/** Number of cells of each destination, the most frequent first. */
export function tally(destinations: readonly Destination[]): [Destination, number][] {
  const counts = new Map<Destination, number>();
  for (const end of destinations) counts.set(end, (counts.get(end) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** The quantile `part` (0 to 1) of `values`; 0 without values. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
