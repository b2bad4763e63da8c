/** The causes of the episodes' ends: the share of each cause, stacked, over the run. */

import { api } from "@/lib/api";
import { colourAt } from "@/lib/colourScales";
import { count, percent, sentence } from "@/lib/format";
import type { Causes } from "@/lib/messages";
import { causesHelp } from "./help";
import { middles, rollingMean } from "./smoothing";
import { sentenceOfStretch, smoothingWords, spanOf, type Trend } from "./trend";

/** The cause of an episode that reached the step limit. */
const LIMIT = "limit";
const POINTS = 250;

export const causesTrend: Trend<Causes> = {
  key: "causes",
  title: "Why episodes end",
  help: () => causesHelp,
  what: "Share of the episodes that each cause ended",
  unit: "% of the episodes",
  height: 250,
  smoothed: true,
  mayBeLogarithmic: false,
  fetch: (window, signal) => api.causes({ ...window, points: POINTS }, signal),
  draw(causes, { smoothing }) {
    const names = Object.keys(causes.episodes).sort((a, b) => Number(a === LIMIT) - Number(b === LIMIT));
    const sizes = causes.first.map((first, i) => causes.last[i]! - first + 1);
    const shares = new Map(
      names.map((name) => [name, causes.episodes[name]!.map((episodes, i) => (100 * episodes) / sizes[i]!)]),
    );
    const smooth = new Map(
      names.map((name) => [name, rollingMean({ ...causes, mean: shares.get(name)! }, smoothing)]),
    );
    const paint = new Map(names.map((name, i) => [name, paintOf(name, i, names.length - 1)]));
    const words = (point: number): string =>
      names
        .map((name) => ({ name, share: (smooth.get(name)![point] ?? 0) / 100 }))
        .filter(({ share }) => share >= 0.005)
        .sort((a, b) => b.share - a.share)
        .map(({ name, share }) => `${inWords(name)} ${percent(share)}`)
        .join(", ");
    return {
      points: causes,
      frame: { ...spanOf(causes), low: 0, high: 100, step: 25 },
      curves: names.map((name) => ({
        name,
        kind: "area",
        x: middles(causes),
        y: smooth.get(name)!,
        colour: "ink-3",
        paint: paint.get(name)!,
      })),
      marks: [],
      legend: [
        ...names.map((name) => ({ key: "block", text: inWords(name), paint: paint.get(name)! })),
        { key: "none", text: smoothingWords(smoothing) },
      ],
      columns: names.map((name) => ({ name: `${sentence(inWords(name))}, %`, values: shares.get(name)! })),
      sentenceOf: ({ episode }) => sentenceOfStretch(causes, episode, smoothing, words),
      sentenceAt: (point, episode) => `Episode ${count(episode)}: ${words(point)}.`,
    };
  },
};

function inWords(cause: string): string {
  return cause === LIMIT ? "alive at the step limit" : `no ${cause} left`;
}

/** Meters have colours from dark to bright on one scale; the step limit has a grey. */
function paintOf(cause: string, place: number, meters: number): string {
  return cause === LIMIT ? "#b9b4a5" : colourAt("viridis", 0.15 + (0.75 * place) / Math.max(1, meters - 1));
}
