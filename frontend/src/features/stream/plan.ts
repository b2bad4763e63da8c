/** What the stream shows when: a function of the turn, so that nothing on it stands still for long. */

import type { MapLayer } from "@/lib/address";

export type SlideName =
  | "survival"
  | "hour"
  | "garden path"
  | "reward"
  | "curriculum"
  | "curiosity"
  | "novelty"
  | "mind"
  | "scorecard"
  | "scorecard 2";

/** What there is to show. */
export interface Programme {
  slides: readonly SlideName[];
  /** Scenes of the tour of a finished run; 0 while it goes on. */
  scenes: number;
  layers: readonly MapLayer[];
}

export interface Turn {
  /** The panel beside the town; null where the scene has its own. */
  slide: SlideName | null;
  /** The scene of the tour, from 0. */
  scene: number | null;
  layer: MapLayer;
  /** Above the panel: where the run stands, what the panel means, or what the scene is about. */
  above: "headline" | "meaning" | "scene";
}

const USUAL_SECONDS = 12;
/** Long enough to read a panel; and nothing stays for longer than the most. */
const LEAST_SECONDS = 3;
export const MOST_SECONDS = 20;

/** Seconds of a turn, as an address asks for them. */
export function secondsOf(asked: string | null): number {
  const seconds = Number(asked) || USUAL_SECONDS;
  return Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, seconds));
}

/** What is shown in turn number `turn`, from 0: the tour of a finished run, then every panel, then the tour again. */
export function turnOf(turn: number, { slides, scenes, layers }: Programme): Turn {
  const length = scenes + slides.length;
  const place = turn % length;
  const round = Math.floor(turn / length);
  const layer = layers[turn % layers.length]!;
  if (place < scenes) return { slide: null, scene: place, layer, above: "scene" };
  // Headline and meaning take turns, also from one round to the next; a panel that had the one then has the other.
  const skipped = scenes === 0 && length % 2 === 0 ? round : 0;
  const slide = slides[(place - scenes + skipped) % slides.length]!;
  const isHeadline = (scenes === 0 ? turn : place - scenes + round) % 2 === 0;
  return { slide, scene: null, layer, above: isHeadline ? "headline" : "meaning" };
}
