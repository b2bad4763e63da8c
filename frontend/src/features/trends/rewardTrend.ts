/** What the agent is rewarded with, per episode: by the town below, by curiosity above. */

import { count, number } from "@/lib/format";
import type { Series } from "@/lib/messages";
import { rewardHelp } from "./help";
import { middles, rollingMean } from "./smoothing";
import { seriesOf, smoothingWords, spanOf, type Trend } from "./trend";

export const rewardTrend: Trend<Record<"extrinsic_reward" | "total_reward", Series>> = {
  key: "reward",
  title: "Reward, decomposed",
  help: rewardHelp,
  what: "Reward per episode, extrinsic below and intrinsic above,",
  height: 190,
  unit: "reward per episode",
  smoothed: true,
  mayBeLogarithmic: false,
  fetch: seriesOf("extrinsic_reward", "total_reward"),
  draw({ extrinsic_reward: extrinsic, total_reward: total }, { smoothing }) {
    // What curiosity adds, weight included: total − extrinsic, which holds for means too.
    const intrinsic = total.mean.map((mean, i) => mean - (extrinsic.mean[i] ?? 0));
    const x = middles(extrinsic);
    const smooth = (mean: number[]): number[] => rollingMean({ ...extrinsic, mean }, smoothing);
    const both = (point: number): string =>
      `${number(extrinsic.mean[point]!)} from the town, ${number(intrinsic[point] ?? 0)} from curiosity`;
    return {
      points: extrinsic,
      frame: spanOf(extrinsic),
      curves:
        extrinsic.mean.length === intrinsic.length
          ? [
              {
                name: "extrinsic",
                kind: "area",
                x,
                y: smooth(extrinsic.mean),
                colour: "reward",
                fill: "rewardSoft",
              },
              {
                name: "intrinsic",
                kind: "area",
                x,
                y: smooth(intrinsic),
                colour: "curiosity",
                fill: "curiositySoft",
              },
            ]
          : [],
      marks: [],
      legend: [
        { key: "area-reward", text: `extrinsic: the town; ${smoothingWords(smoothing)}` },
        { key: "area-curiosity", text: "intrinsic: curiosity × its weight" },
      ],
      columns: [
        { name: "Extrinsic", values: extrinsic.mean },
        { name: "Intrinsic, weighted", values: intrinsic },
      ],
      sentenceOf({ episode, metrics }) {
        const curious = metrics.total_reward - metrics.extrinsic_reward;
        return `Episode ${count(episode)}: ${number(metrics.extrinsic_reward)} from the town, ${number(curious)} from curiosity.`;
      },
      sentenceAt: (point, episode) => `Episode ${count(episode)}: ${both(point)}, per episode.`,
    };
  },
};
