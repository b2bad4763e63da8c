import { describe, expect, it } from "vitest";
import { cellsOf, lineOf, rectanglesOf } from "./obstacles";
import type { Obstacle } from "./town";

const WIDTH = 7;
const HEIGHT = 5;

describe("walls and water", () => {
  it.each<{ of: string; obstacles: Obstacle[] }>([
    { of: "nothing", obstacles: [] },
    { of: "a cell", obstacles: [{ kind: "wall", cell: [6, 4], to: null }] },
    { of: "a rectangle from any corner", obstacles: [{ kind: "water", cell: [4, 3], to: [1, 1] }] },
    {
      of: "a cross of two kinds",
      obstacles: [
        { kind: "wall", cell: [3, 0], to: [3, 4] },
        { kind: "water", cell: [0, 2], to: [6, 2] },
      ],
    },
  ])("$of: the rectangles cover exactly the painted cells", ({ obstacles }) => {
    const cells = cellsOf(obstacles, WIDTH, HEIGHT);
    const rectangles = rectanglesOf(cells, WIDTH);
    expect(new Map([...cellsOf(rectangles, WIDTH, HEIGHT)].sort())).toEqual(new Map([...cells].sort()));
    const covered = rectangles.map(({ cell, to }) => {
      const [x, y] = to ?? cell;
      return (x - cell[0] + 1) * (y - cell[1] + 1);
    });
    expect(covered.reduce((sum, area) => sum + area, 0)).toBe(cells.size);
  });

  it("a rectangle stays one rectangle, and does not go on in the next row", () => {
    const cells = cellsOf([{ kind: "wall", cell: [5, 1], to: [6, 2] }], WIDTH, HEIGHT);
    expect(rectanglesOf(cells, WIDTH)).toEqual([{ kind: "wall", cell: [5, 1], to: [6, 2] }]);
    const row = cellsOf(
      [
        { kind: "wall", cell: [6, 0], to: null },
        { kind: "wall", cell: [0, 1], to: null },
      ],
      WIDTH,
      HEIGHT,
    );
    expect(rectanglesOf(row, WIDTH)).toHaveLength(2);
  });

  it("what lies outside is not drawn", () => {
    expect(cellsOf([{ kind: "wall", cell: [5, 4], to: [99, 99] }], WIDTH, HEIGHT).size).toBe(2);
  });
});

it("a quick pointer passes every cell of its way", () => {
  expect(lineOf([0, 0], [3, 1])).toEqual([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
  ]);
  expect(lineOf([2, 2], [2, 2])).toEqual([
    [2, 2],
    [2, 2],
  ]);
});
