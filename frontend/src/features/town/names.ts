/** Where the names of the affordances stand on a map, if they are larger than their cells are wide. */

import type { Placement } from "@/lib/messages";
import { CELL, centreOf, townBox } from "./geometry";
import { titleOf } from "./icons";

/** Radius of a sign with a name, in user units. */
export const SIGN_RADIUS = 29;
/** So much higher than the middle of its cell is a sign with a name, in user units. */
export const SIGN_RAISED = 6;
/** The baseline of a name above its sign, from the middle of the sign. */
const ABOVE = -SIGN_RADIUS - 7;
/** Width of a letter, and heights above and below its baseline, as shares of the size of type. */
const LETTER = 0.58;
const [ASCENT, DESCENT] = [0.78, 0.22];

/** From the middle of the sign, in user units; `y` is the baseline. */
export interface NamePlace {
  x: number;
  y: number;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/**
 * A place for every name in a town of `width` × `height` cells, for type of `size` user units: inside the map, below
 * the sign, or above it where a name below would lie over another name.
 */
export function placeNames(
  layout: readonly Placement[],
  width: number,
  height: number,
  size: number,
): Map<string, NamePlace> {
  const map = townBox(width, height);
  const taken: Box[] = [];
  const places = new Map<string, NamePlace>();
  for (const { name, x, y } of [...layout].sort((a, b) => a.y - b.y || a.x - b.x)) {
    const middle = centreOf(y * width + x, width);
    const half = (titleOf(name).length * LETTER * size) / 2;
    const left = map.x + half;
    const at = Math.max(left, Math.min(middle.x, map.x + map.width - half));
    const boxOf = (baseline: number): Box => ({
      left: at - half,
      right: at + half,
      top: middle.y - SIGN_RAISED + baseline - ASCENT * size,
      bottom: middle.y - SIGN_RAISED + baseline + DESCENT * size,
    });
    const isFree = (baseline: number): boolean => {
      const box = boxOf(baseline);
      return box.top >= map.y && !taken.some((other) => overlap(box, other));
    };
    const below = belowSign(size, y === height - 1);
    const y0 = isFree(below) || !isFree(ABOVE) ? below : ABOVE;
    taken.push(boxOf(y0));
    places.set(name, { x: at - middle.x, y: y0 });
  }
  return places;
}

/** The baseline of a name below its sign, from the middle of the sign; in the last row not below the map. */
function belowSign(size: number, last: boolean): number {
  const baseline = SIGN_RADIUS + Math.max(15, ASCENT * size + 1);
  return last ? Math.min(baseline, CELL / 2 + SIGN_RAISED - DESCENT * size) : baseline;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
