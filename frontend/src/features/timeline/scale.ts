/** The positions of the timeline: episodes on the track, ticks, and the effect of keys. */

import { SPEEDS, type Speed } from "@/lib/address";
import type { Annotation, Series } from "@/lib/messages";

/** 0..1 along a track from `first` to `last`. */
export function fractionOf(episode: number, first: number, last: number): number {
  return last <= first ? 0 : Math.min(1, Math.max(0, (episode - first) / (last - first)));
}

export function episodeAt(fraction: number, first: number, last: number): number {
  return Math.round(first + Math.min(1, Math.max(0, fraction)) * (last - first));
}

/**
 * The episode that a key asks for at `episode` while the timeline has the focus; null for a key without a meaning.
 * Arrows move by one episode, with shift by ten, page keys by a hundred.
 */
export function keyTarget(
  event: Pick<KeyboardEvent, "key" | "shiftKey">,
  episode: number,
  last: number,
): number | null {
  const step = event.shiftKey ? 10 : 1;
  const moves: Record<string, number> = {
    ArrowLeft: -step,
    ArrowDown: -step,
    ArrowRight: step,
    ArrowUp: step,
    PageUp: -100,
    PageDown: 100,
  };
  if (event.key === "Home") return 1;
  if (event.key === "End") return last;
  const move = moves[event.key];
  return move === undefined ? null : Math.min(Math.max(1, episode + move), last);
}

/** Least time in which a whole run is played, in seconds. */
const SHORTEST_PLAY_S = 30;
const ALWAYS_OFFERED = 100;

/** The speeds of playing that the page offers for a run of so many episodes, in episodes per second. */
export function speedsFor(episodes: number): Speed[] {
  return SPEEDS.filter((speed) => speed <= Math.max(ALWAYS_OFFERED, episodes / SHORTEST_PLAY_S));
}

export interface Tick {
  kind: string;
  episode: number;
  text: string;
}

/** Kinds of landmarks in the order in which they get room. */
const IMPORTANCE = [
  "randomized",
  "drop",
  "anomaly",
  "stage",
  "branched",
  "resumed",
  "stopped",
  "record",
  "started",
];

/**
 * The landmarks for which a track of `width` pixels has room, `spacing` pixels apart, important kinds first.
 * Checkpoints have a row of their own and are left out.
 */
export function ticksOf(
  annotations: readonly Annotation[],
  first: number,
  last: number,
  width: number,
  spacing = 9,
): Tick[] {
  const rank = (kind: string): number => {
    const at = IMPORTANCE.indexOf(kind);
    return at < 0 ? IMPORTANCE.length : at;
  };
  const candidates = annotations
    .filter((a) => a.kind !== "checkpoint" && a.episode >= first && a.episode <= last)
    .sort((a, b) => rank(a.kind) - rank(b.kind) || b.episode - a.episode);
  const kept: Tick[] = [];
  for (const { kind, episode, text } of candidates) {
    const x = fractionOf(episode, first, last) * width;
    if (kept.every((tick) => Math.abs(fractionOf(tick.episode, first, last) * width - x) >= spacing)) {
      kept.push({ kind, episode, text });
    }
  }
  return kept.sort((a, b) => a.episode - b.episode);
}

/** Survival over the run as the outline of an area in a box of 1000 × 100, for the track's background. */
export function silhouette(
  series: Pick<Series, "first" | "last" | "mean">,
  first: number,
  last: number,
  highest: number,
): string {
  if (series.mean.length === 0 || highest <= 0) return "";
  const points = series.mean.map((mean, i) => {
    const middle = (series.first[i]! + series.last[i]!) / 2;
    return `${(((middle - first) / Math.max(1, last - first)) * 1000).toFixed(1)} ${(100 - (Math.min(mean, highest) / highest) * 100).toFixed(1)}`;
  });
  const [start, end] = [points[0]!.split(" ")[1]!, points.at(-1)!.split(" ")[1]!];
  const [leftmost, rightmost] = [points[0]!, points.at(-1)!].map((point) => Number(point.split(" ")[0]));
  const [left, right] = [Math.min(0, leftmost!), Math.max(1000, rightmost!)];
  return `M${left} 100L${left} ${start}L${points.join("L")}L${right} ${end}L${right} 100Z`;
}
