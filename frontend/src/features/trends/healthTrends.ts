/** Training metrics from the trainer's heartbeats: loss, Q values, gradients, replay buffer, speed. */

import type { Help } from "@/app/layout/help";
import { api, type Window } from "@/lib/api";
import { count, number, percent } from "@/lib/format";
import type { Health } from "@/lib/messages";
import { gradientHelp, lossHelp, replayHelp, speedHelp, valueHelp } from "./help";
import { rollingMean } from "./smoothing";
import { sentenceOfStretch, smoothingWords, spanOf, type Trend } from "./trend";

type Column = "loss" | "mean_q" | "gradient_norm" | "replay_fill" | "agent_steps_per_second";

interface Kind {
  key: string;
  title: string;
  help: Help;
  what: string;
  unit: string;
  column: Column;
  /** A value in words, for the sentence. */
  words(value: number): string;
  smoothed?: boolean;
  mayBeLogarithmic?: boolean;
  low?: number;
  high?: number;
}

/** Fewer points than for other trends: a heartbeat covers ten episodes. */
const POINTS = 320;

/**
 * The heartbeats without those of superseded episodes, which later heartbeats repeat. A heartbeat before the end
 * of the first episode belongs to no episode.
 */
export function keptHeartbeats(health: Health, column: Column) {
  const first: number[] = [];
  const last: number[] = [];
  const values: (number | null)[] = [];
  let next = Infinity;
  for (let i = health.episode.length - 1; i >= 0; i -= 1) {
    if (health.episode[i]! >= next || health.episode[i]! < 1) continue;
    next = health.episode[i]!;
    last.push(next);
    values.push(health[column][i] ?? null);
  }
  last.reverse();
  values.reverse();
  last.forEach((_, i) => first.push(i === 0 ? 1 : last[i - 1]! + 1));
  return { first, last, values };
}

/** Rolling means of the known values; before the first update no value is known. */
function smoothKnown(
  first: number[],
  last: number[],
  values: (number | null)[],
  smoothing: number,
): (number | null)[] {
  const known = values.flatMap((value, i) => (value === null ? [] : [i]));
  const means = rollingMean(
    {
      first: known.map((i) => first[i]!),
      last: known.map((i) => last[i]!),
      mean: known.map((i) => values[i]!),
    },
    smoothing,
  );
  const result = values.map((): number | null => null);
  known.forEach((i, place) => (result[i] = means[place]!));
  return result;
}

function healthTrend(kind: Kind): Trend<Health> {
  return {
    ...kind,
    help: () => kind.help,
    height: 210,
    smoothed: kind.smoothed ?? true,
    mayBeLogarithmic: kind.mayBeLogarithmic ?? false,
    fetch: (window: Window, signal: AbortSignal) => api.health({ ...window, points: POINTS }, signal),
    draw(health, { smoothing }) {
      const { first, last, values } = keptHeartbeats(health, kind.column);
      const points = { first, last };
      const smooth = kind.smoothed === false ? values : smoothKnown(first, last, values, smoothing);
      const said = (point: number): string =>
        smooth[point] == null ? "nothing was learnt yet" : kind.words(smooth[point]);
      const window = kind.smoothed === false ? 1 : smoothing;
      return {
        points,
        frame: {
          ...spanOf(points),
          ...(kind.low === undefined ? {} : { low: kind.low }),
          ...(kind.high === undefined ? {} : { high: kind.high }),
        },
        curves: [{ name: kind.title, kind: "line", x: last, y: smooth, colour: "accent" }],
        marks: [],
        legend: [{ key: "line", text: kind.smoothed === false ? "as measured" : smoothingWords(smoothing) }],
        columns: [{ name: kind.title, values }],
        sentenceOf: ({ episode }) =>
          last.length === 0 ? "No heartbeat has come yet." : sentenceOfStretch(points, episode, window, said),
        sentenceAt: (point, episode) => `Episode ${count(episode)}: ${said(point)}.`,
      };
    },
  };
}

export const healthTrends: Trend<Health>[] = [
  healthTrend({
    key: "loss",
    title: "Loss",
    help: lossHelp,
    what: "Loss of an update",
    unit: "Huber loss of an update",
    column: "loss",
    mayBeLogarithmic: true,
    low: 0,
    words: (value) => `a loss of ${number(value)}`,
  }),
  healthTrend({
    key: "value",
    title: "Expected value",
    help: valueHelp,
    what: "Mean Q value",
    unit: "mean Q of the best action",
    column: "mean_q",
    words: (value) => `${number(value)} of reward expected from here on`,
  }),
  healthTrend({
    key: "gradient",
    title: "Gradient norm",
    help: gradientHelp,
    what: "Norm of the gradient before clipping",
    unit: "L2 norm before clipping",
    column: "gradient_norm",
    mayBeLogarithmic: true,
    low: 0,
    words: (value) => `a gradient of norm ${number(value)}`,
  }),
  healthTrend({
    key: "replay",
    title: "Replay buffer",
    help: replayHelp,
    what: "How full the replay buffer is",
    unit: "full, 0 to 1",
    column: "replay_fill",
    smoothed: false,
    low: 0,
    high: 1,
    words: (value) => `${percent(value)} full`,
  }),
  healthTrend({
    key: "speed",
    title: "Speed",
    help: speedHelp,
    what: "Agent steps a second",
    unit: "agent steps a second",
    column: "agent_steps_per_second",
    low: 0,
    words: (value) => `${count(value)} agent steps a second`,
  }),
];
