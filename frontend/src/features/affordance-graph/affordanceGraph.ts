/** The geometry of the graph: affordances on a circle, and curved arrows between them. */

import type { AffordanceGraph, GraphEdge } from "@/lib/messages";

export const SIZE = 460;
const CENTRE = SIZE / 2;
const RADIUS = 152;
export const NODE_RADIUS = 25;
const THICKEST = 13;
const THINNEST = 1;
/** A transition counts for the range of colours from this share of the most frequent transition. */
const MATTERS = 0.02;

export interface Node {
  name: string;
  x: number;
  y: number;
  /** Position of the label, outside the circle. */
  labelX: number;
  labelY: number;
  anchor: "start" | "middle" | "end";
  /** Number of uses that followed another use. */
  arrivals: number;
}

export interface Arrow {
  edge: GraphEdge;
  curve: string;
  head: string;
  width: number;
  /** Mean time of the uses of this transition, 0 to 1 across `timeRange`. */
  time: number;
}

/** Nodes at equal angles, clockwise from the top, in the order of the world, which never changes. */
export function nodesOf(graph: AffordanceGraph): Node[] {
  return graph.nodes.map((name, i) => {
    const angle = (i / graph.nodes.length) * 2 * Math.PI - Math.PI / 2;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return {
      name,
      x: round(CENTRE + RADIUS * cos),
      y: round(CENTRE + RADIUS * sin),
      labelX: round(CENTRE + (RADIUS + NODE_RADIUS + 10) * cos),
      labelY: round(CENTRE + (RADIUS + NODE_RADIUS + 14) * sin + (sin < -0.2 ? -14 : 4)),
      anchor: Math.abs(cos) < 0.2 ? "middle" : cos > 0 ? "start" : "end",
      arrivals: graph.edges.reduce((sum, edge) => sum + (edge.target === name ? edge.count : 0), 0),
    };
  });
}

/**
 * The earliest and the latest mean episode of the frequent transitions: the range of the colours. The range of all
 * episodes would be too wide, because means over many episodes are all near its middle.
 */
export function timeRange(graph: AffordanceGraph): [number, number] {
  const most = Math.max(0, ...graph.edges.map((edge) => edge.count));
  const means = graph.edges.filter((edge) => edge.count >= most * MATTERS).map((edge) => edge.mean_episode);
  return means.length ? [Math.min(...means), Math.max(...means)] : [graph.first, graph.last];
}

/** Arrows for all transitions, the thickest last and so on top. */
export function arrowsOf(graph: AffordanceGraph, nodes: readonly Node[]): Arrow[] {
  const place = new Map(nodes.map((node) => [node.name, node]));
  const most = Math.max(1, ...graph.edges.map((edge) => edge.count));
  const [early, late] = timeRange(graph);
  return [...graph.edges]
    .sort((a, b) => a.count - b.count)
    .flatMap((edge) => {
      const [source, target] = [place.get(edge.source), place.get(edge.target)];
      if (!source || !target) return [];
      const width = THINNEST + (THICKEST - THINNEST) * (edge.count / most);
      const time = Math.min(
        1,
        Math.max(0, late > early ? (edge.mean_episode - early) / (late - early) : 0.5),
      );
      const shape = source === target ? loop(source, width) : bend(source, target, width);
      return [{ edge, ...shape, width: round(width), time }];
    });
}

/** A curve that bends to the right of its direction, so that two opposite arrows do not overlap. */
function bend(a: Node, b: Node, width: number): { curve: string; head: string } {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.hypot(dx, dy);
  const bulge = 0.16 * length;
  const [mx, my] = [(a.x + b.x) / 2 - (dy / length) * bulge, (a.y + b.y) / 2 + (dx / length) * bulge];
  const reach = 7 + width * 0.75;
  const start = along(a, { x: mx, y: my }, NODE_RADIUS + 2);
  const tip = along(b, { x: mx, y: my }, NODE_RADIUS + 2);
  const end = along(b, { x: mx, y: my }, NODE_RADIUS + 2 + reach);
  return {
    curve: `M${start.x} ${start.y}Q${round(mx)} ${round(my)} ${end.x} ${end.y}`,
    head: arrowHead(end, tip, reach * 0.62),
  };
}

/** A loop outside the circle, at one node. */
function loop(node: Node, width: number): { curve: string; head: string } {
  const out = Math.atan2(node.y - CENTRE, node.x - CENTRE);
  const at = (angle: number, distance: number): { x: number; y: number } => ({
    x: round(node.x + distance * Math.cos(angle)),
    y: round(node.y + distance * Math.sin(angle)),
  });
  const side = out + Math.PI / 2 + 0.1;
  const reach = 6 + width * 0.6;
  const start = at(side - 0.5, NODE_RADIUS + 2);
  const end = at(side + 0.5, NODE_RADIUS + 2 + reach);
  const tip = at(side + 0.5, NODE_RADIUS + 1);
  const [c1, c2] = [at(side - 0.75, NODE_RADIUS + 44), at(side + 0.75, NODE_RADIUS + 44)];
  return {
    curve: `M${start.x} ${start.y}C${c1.x} ${c1.y} ${c2.x} ${c2.y} ${end.x} ${end.y}`,
    head: arrowHead(end, tip, reach * 0.62),
  };
}

function arrowHead(base: { x: number; y: number }, tip: { x: number; y: number }, half: number): string {
  const length = Math.hypot(tip.x - base.x, tip.y - base.y) || 1;
  const [nx, ny] = [(-(tip.y - base.y) / length) * half, ((tip.x - base.x) / length) * half];
  return `M${round(base.x + nx)} ${round(base.y + ny)}L${tip.x} ${tip.y}L${round(base.x - nx)} ${round(base.y - ny)}Z`;
}

function along(
  from: { x: number; y: number },
  to: { x: number; y: number },
  distance: number,
): { x: number; y: number } {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return {
    x: round(from.x + ((to.x - from.x) / length) * distance),
    y: round(from.y + ((to.y - from.y) / length) * distance),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
