/** Paints the policy map: the fill of every cell by the destination of its arrow, and the arrows. */

import type { Box } from "@/app/layout/drawing";
import { centreOf, tilesOf, townBox } from "@/features/town/geometry";
import type { Town } from "./decisions";

interface Stripes {
  colour: string;
  /** Distance of two stripes, and width of a stripe, in user units. */
  every: number;
  width: number;
  /** Angle between the stripes and the vertical. */
  degrees: number;
}

/** The fill of cells: one colour, or stripes on a colour. Cells with the same object are painted together. */
export interface Fill {
  ground: string;
  stripes?: Stripes;
}

export interface MindCell {
  cell: number;
  fill: Fill;
  /** The colour of the arrow. */
  ink: string;
  /** Path data, in a box of 24 × 24, of the affordance at the destination; null for none. */
  icon: string | null;
  /** Where a sign is in the middle, the arrow is at the edge. */
  occupied: boolean;
  /** Degrees by which an arrow to the right is turned; null for an action without a move. */
  turn: number | null;
  /** Thickness and opacity of the arrow, from 0 (a tie) to 1. */
  strength: number;
  /** Whether the cell is marked: another policy has another best action here. */
  differs: boolean;
}

const ARROW = new Path2D("M-27 0H25M11 -14L26 0L11 14");
const ARROWHEAD = new Path2D("M33 -9L43 0L33 9");
const SPOT = circle(10);
const RING = circle(33);
const MARK = new Path2D();
MARK.roundRect(-45, -45, 90, 90, 6);

function circle(radius: number): Path2D {
  const path = new Path2D();
  path.arc(0, 0, radius, 0, 2 * Math.PI);
  return path;
}

export function paintMind(
  context: CanvasRenderingContext2D,
  { width, height }: Town,
  cells: readonly MindCell[],
  markColour: string,
): void {
  for (const [fill, alike] of byFill(cells)) {
    const tiles = tilesOf(alike, width);
    context.fillStyle = fill.ground;
    context.fill(tiles);
    if (!fill.stripes) continue;
    context.save();
    context.clip(tiles);
    context.strokeStyle = fill.stripes.colour;
    context.lineWidth = fill.stripes.width;
    context.stroke(stripesOver(townBox(width, height), fill.stripes));
    context.restore();
  }
  context.lineCap = context.lineJoin = "round";
  const icons = new Map<string, Path2D>();
  for (const one of cells) {
    const { x, y } = centreOf(one.cell, width);
    context.save();
    context.translate(x, y);
    if (one.icon !== null) {
      const icon = icons.get(one.icon) ?? new Path2D(one.icon);
      icons.set(one.icon, icon);
      stroke(context, icon, one.ink, 1.75, 0.75, [-46, -46]);
    }
    if (one.turn !== null) context.rotate((one.turn * Math.PI) / 180);
    const [free, edge] = one.turn === null ? [SPOT, RING] : [ARROW, ARROWHEAD];
    stroke(context, one.occupied ? edge : free, one.ink, 2.5 + 11 * one.strength, 0.45 + 0.55 * one.strength);
    context.restore();
  }
  markDiffering(context, width, cells, markColour);
}

/** Each fill once, with its cells. */
function byFill(cells: readonly MindCell[]): Map<Fill, number[]> {
  const found = new Map<Fill, number[]>();
  for (const { cell, fill } of cells) {
    const alike = found.get(fill);
    if (alike) alike.push(cell);
    else found.set(fill, [cell]);
  }
  return found;
}

/** Parallel lines over the whole box, at a distance of `every` units, turned about its centre. */
function stripesOver(box: Box, { every, degrees }: Stripes): Path2D {
  const reach = Math.hypot(box.width, box.height) / 2;
  const lines = new Path2D();
  for (let at = -reach; at <= reach; at += every) {
    lines.moveTo(at, -reach);
    lines.lineTo(at, reach);
  }
  const turned = new Path2D();
  const middle = new DOMMatrix().translate(box.x + box.width / 2, box.y + box.height / 2).rotate(degrees);
  turned.addPath(lines, middle);
  return turned;
}

function stroke(
  context: CanvasRenderingContext2D,
  path: Path2D,
  colour: string,
  width: number,
  opacity: number,
  [x, y]: readonly [number, number] = [0, 0],
): void {
  context.globalAlpha = opacity;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.translate(x, y);
  context.stroke(path);
  context.translate(-x, -y);
}

function markDiffering(
  context: CanvasRenderingContext2D,
  width: number,
  cells: readonly MindCell[],
  colour: string,
): void {
  context.save();
  context.setLineDash([9, 7]);
  context.lineCap = "butt";
  for (const { cell, differs } of cells) {
    if (!differs) continue;
    const { x, y } = centreOf(cell, width);
    context.save();
    context.translate(x, y);
    stroke(context, MARK, colour, 4, 1);
    context.restore();
  }
  context.restore();
}
