/** Exploration: the weight of the intrinsic reward, and epsilon, the share of random actions. */

import { count, number, percent } from "@/lib/format";
import type { Series } from "@/lib/messages";
import type { Curve } from "./curves";
import { curiosityHelp } from "./help";
import { middles } from "./smoothing";
import { seriesOf, spanOf, type Trend } from "./trend";

export const curiosityTrend: Trend<Record<"intrinsic_weight" | "epsilon", Series>> = {
  key: "curiosity",
  title: "Curiosity",
  help: ({ novelty }) => curiosityHelp(novelty !== "none"),
  what: "Intrinsic weight and epsilon",
  height: 190,
  unit: "0 to 1",
  // Both values are decided and have no noise, so smoothing is off.
  smoothed: false,
  mayBeLogarithmic: true,
  fetch: seriesOf("intrinsic_weight", "epsilon"),
  draw({ intrinsic_weight: weight, epsilon }, { run }) {
    const curious = run.novelty !== "none";
    const words = (intrinsicWeight: number | null, random: number | null): string =>
      (curious && intrinsicWeight !== null
        ? `curiosity weighs ${number(intrinsicWeight)}; `
        : "no curiosity in this run; ") +
      (random === null ? "no epsilon." : `${percent(random)} of actions are random.`);
    const whereCurious = <T>(part: T): T[] => (curious ? [part] : []);
    return {
      points: weight,
      frame: { ...spanOf(weight), low: 0, high: 1, step: 0.25 },
      curves: [
        { name: "epsilon", kind: "dashed", x: middles(epsilon), y: epsilon.mean, colour: "ink-3" },
        ...whereCurious<Curve>({
          name: "intrinsic weight",
          kind: "line",
          x: middles(weight),
          y: weight.mean,
          colour: "curiosity",
          width: 2.25,
        }),
      ],
      marks: [],
      legend: [
        ...whereCurious({ key: "curiosity", text: "intrinsic weight" }),
        { key: "dashed", text: "epsilon" },
      ],
      columns: [
        ...whereCurious({ name: "Intrinsic weight", values: weight.mean }),
        { name: "Epsilon", values: epsilon.mean },
      ],
      sentenceOf: ({ episode, metrics }, following) =>
        `${following ? "Now" : `Episode ${count(episode)}`}: ${words(metrics.intrinsic_weight, metrics.epsilon)}`,
      sentenceAt: (point, episode) =>
        `Episode ${count(episode)}: ${words(weight.mean[point]!, epsilon.mean[point] ?? 0)}`,
    };
  },
};
