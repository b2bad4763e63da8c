/** The events of the run as marks, the same in every chart. */

import { count } from "@/lib/format";
import type { Annotation, Recovery } from "@/lib/messages";

export type MarkKind = "move" | "drop" | "recovery" | "resume";

/** A vertical line. With `until` the range after the line is shaded, and `note` names the range. */
export interface Mark {
  kind: MarkKind;
  episode: number;
  label: string;
  until?: number;
  note?: string;
}

export const SIGNS: Record<MarkKind, string> = { move: "◆", drop: "▲", recovery: "✓", resume: "▶" };
/** Kinds in the order in which labels get room. */
const IMPORTANCE: MarkKind[] = ["move", "drop", "recovery", "resume"];

/** Marks of the move, the detected drop, the recovery and the resumes, in the order of their episodes. */
export function eventMarks(annotations: readonly Annotation[], recovery: Recovery | null): Mark[] {
  const marks: Mark[] = [];
  for (const { kind, episode } of annotations) {
    if (kind === "randomized") marks.push({ kind: "move", episode, label: "affordances moved" });
    if (kind === "drop") marks.push({ kind: "drop", episode, label: "drop noticed" });
    if (kind === "resumed") marks.push({ kind: "resume", episode, label: "resumed" });
  }
  if (recovery?.moved_at != null && recovery.episodes != null) {
    marks.push({ kind: "recovery", episode: recovery.moved_at + recovery.episodes, label: "recovered" });
  }
  return marks.sort((a, b) => a.episode - b.episode);
}

/** The effect of the move on survival up to episode `newest`, as a shaded range. */
export function dropMarks(recovery: Recovery | null, newest: number): Mark[] {
  if (recovery?.moved_at == null) return [];
  const { state, moved_at: episode, lowest, episodes } = recovery;
  if (lowest == null || state === "too early" || state === "no drop") return [];
  const shade = { kind: "move" as const, episode, label: "" };
  const mean = recovery.window ? `mean of ${count(recovery.window)} ` : "";
  const fall = `${mean}down to ${count(lowest)}`;
  return episodes == null
    ? [{ ...shade, until: newest, note: `${fall}, not back yet` }]
    : [{ ...shade, until: episode + episodes, note: `${fall}, back after ${count(episodes)}` }];
}

export interface PlacedMark extends Mark {
  x: number;
  /** Whether there is room for the label, and the side of the line on which the label is. */
  side: "start" | "end" | null;
}

/** Places the labels of marks beside their lines, the important labels first, without overlaps. */
export function placeMarks(
  marks: readonly Mark[],
  pixelOf: (episode: number) => number,
  left: number,
  right: number,
  widthOf: (text: string) => number,
): PlacedMark[] {
  const taken: [number, number][] = [];
  const free = (from: number, to: number): boolean =>
    from >= left - 2 && to <= right + 2 && taken.every(([a, b]) => to < a || from > b);
  const placed = new Map<Mark, PlacedMark>();
  const inOrder = [...marks].sort((a, b) => IMPORTANCE.indexOf(a.kind) - IMPORTANCE.indexOf(b.kind));
  for (const mark of inOrder) {
    const x = pixelOf(mark.episode);
    if (x < left || x > right) continue;
    const room = widthOf(`${SIGNS[mark.kind]} ${mark.label}`) + 6;
    const side = free(x - 2, x + room) ? "start" : free(x - room, x + 2) ? "end" : null;
    if (side === "start") taken.push([x - 2, x + room]);
    else if (side === "end") taken.push([x - room, x + 2]);
    placed.set(mark, { ...mark, x, side });
  }
  return marks.flatMap((mark) => placed.get(mark) ?? []);
}
