/** The geometry of the map: positions of cells, and the trail of the agent. */

import type { Box } from "@/app/layout/drawing";

/** Edge of a cell in SVG user units. */
export const CELL = 100;

/** Free margin of a cell's tile, and radius of its corners. */
const TILE_GAP = 1;
const TILE_RADIUS = 7;
/** Free margin around the town. */
const MARGIN = 2;

export interface Point {
  x: number;
  y: number;
}

/** The rectangle of a town's map, in user units. */
export function townBox(width: number, height: number): Box {
  const [x, y] = [-MARGIN, -MARGIN];
  return { x, y, width: width * CELL + 2 * MARGIN, height: height * CELL + 2 * MARGIN };
}

/** The tiles of cells as one shape. */
export function tilesOf(cells: Iterable<number>, width: number): Path2D {
  const path = new Path2D();
  const edge = CELL - 2 * TILE_GAP;
  for (const cell of cells) {
    const { x, y } = cellOf(cell, width);
    path.roundRect(x * CELL + TILE_GAP, y * CELL + TILE_GAP, edge, edge, TILE_RADIUS);
  }
  return path;
}

/** Column and row of a cell index. */
function cellOf(index: number, width: number): Point {
  return { x: index % width, y: Math.floor(index / width) };
}

/** The middle of a cell in user units. */
export function centreOf(index: number, width: number): Point {
  const { x, y } = cellOf(index, width);
  return { x: (x + 0.5) * CELL, y: (y + 0.5) * CELL };
}

/** Neighbouring cells of a row as ranges: the first cell, and the number of cells. */
export function rowsOf(cells: readonly number[], width: number): (Point & { length: number })[] {
  const stretches: (Point & { length: number })[] = [];
  for (const cell of cells) {
    const { x, y } = cellOf(cell, width);
    const last = stretches.at(-1);
    if (last && last.y === y && last.x + last.length === x) last.length += 1;
    else stretches.push({ x, y, length: 1 });
  }
  return stretches;
}

/**
 * The trail of an agent through `path[from..to]` as SVG path data: straight lines between cell centres, rounded
 * corners, no point for a step without a move. Empty for fewer than two different cells.
 */
export function trail(path: readonly number[], from: number, to: number, width: number): string {
  const points: Point[] = [];
  let previous = -1;
  for (let i = Math.max(0, from); i <= Math.min(to, path.length - 1); i += 1) {
    const cell = path[i]!;
    if (cell !== previous) points.push(centreOf(cell, width));
    previous = cell;
  }
  if (points.length < 2) return "";
  let data = `M${points[0]!.x} ${points[0]!.y}`;
  for (let i = 1; i < points.length - 1; i += 1) {
    const [a, b, c] = [points[i - 1]!, points[i]!, points[i + 1]!];
    const before = towards(b, a, CELL * 0.3);
    const after = towards(b, c, CELL * 0.3);
    data += `L${before.x} ${before.y}Q${b.x} ${b.y} ${after.x} ${after.y}`;
  }
  const end = points.at(-1)!;
  return `${data}L${end.x} ${end.y}`;
}

function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return {
    x: round(from.x + ((to.x - from.x) / length) * distance),
    y: round(from.y + ((to.y - from.y) / length) * distance),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
