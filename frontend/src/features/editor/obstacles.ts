/** Walls and water: cell by cell while they are painted, as few rectangles in the file. */

import type { Obstacle, ObstacleKind } from "./town";

/** The kind of obstacle in each cell of a town that has one, by index of the cell; of two the later. */
export function cellsOf(
  obstacles: readonly Obstacle[],
  width: number,
  height: number,
): Map<number, ObstacleKind> {
  const cells = new Map<number, ObstacleKind>();
  for (const { kind, cell, to } of obstacles) {
    const [left, right] = ordered(cell[0], (to ?? cell)[0], width);
    const [top, bottom] = ordered(cell[1], (to ?? cell)[1], height);
    for (let y = top; y <= bottom; y += 1)
      for (let x = left; x <= right; x += 1) cells.set(y * width + x, kind);
  }
  return cells;
}

function ordered(a: number, b: number, side: number): [number, number] {
  return [Math.max(0, Math.min(a, b)), Math.min(side - 1, Math.max(a, b))];
}

/** Rectangles that cover exactly these cells: each as wide, and then as high, as it can be. */
export function rectanglesOf(cells: ReadonlyMap<number, ObstacleKind>, width: number): Obstacle[] {
  const left = new Map([...cells].sort(([a], [b]) => a - b));
  const rectangles: Obstacle[] = [];
  for (const [start, kind] of left) {
    const x = start % width;
    let columns = 1;
    while (x + columns < width && left.get(start + columns) === kind) columns += 1;
    let rows = 1;
    while (isRow(left, start + rows * width, columns, kind)) rows += 1;
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) left.delete(start + row * width + column);
    }
    const y = Math.floor(start / width);
    const isOne = columns === 1 && rows === 1;
    rectangles.push({ kind, cell: [x, y], to: isOne ? null : [x + columns - 1, y + rows - 1] });
  }
  return rectangles;
}

function isRow(
  cells: ReadonlyMap<number, ObstacleKind>,
  start: number,
  columns: number,
  kind: ObstacleKind,
): boolean {
  for (let column = 0; column < columns; column += 1) {
    if (cells.get(start + column) !== kind) return false;
  }
  return true;
}

/** The cells from one to another, as a pointer passes them: those of a straight line. */
export function lineOf(from: [number, number], to: [number, number]): [number, number][] {
  const steps = Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]), 1);
  return Array.from({ length: steps + 1 }, (_, i) => [
    Math.round(from[0] + ((to[0] - from[0]) * i) / steps),
    Math.round(from[1] + ((to[1] - from[1]) * i) / steps),
  ]);
}
