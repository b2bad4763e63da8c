/** What the agent is rewarded with, per episode: by the town below, by curiosity above. */

import { count, number } from "@/lib/format";
import { rewardHelp } from "./help";
import { middles, pointAt } from "./smoothing";
import { spanOf, type Trend } from "./trend";

export const rewardTrend: Trend<"extrinsic_reward" | "total_reward"> = {
  title: "Reward, decomposed",
  help: rewardHelp,
  what: "Reward per episode, extrinsic below and intrinsic above,",
  height: 190,
  metrics: ["extrinsic_reward", "total_reward"],
  draw({ extrinsic_reward: extrinsic, total_reward: total }) {
    // What curiosity adds, weight included: total − extrinsic, which holds for means too.
    const intrinsic = total.mean.map((mean, i) => mean - (extrinsic.mean[i] ?? 0));
    const x = middles(extrinsic);
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
                y: extrinsic.mean,
                colour: "reward",
                fill: "rewardSoft",
              },
              {
                name: "intrinsic",
                kind: "area",
                x,
                y: intrinsic,
                colour: "curiosity",
                fill: "curiositySoft",
              },
            ]
          : [],
      marks: [],
      legend: [
        { key: "area-reward", text: "extrinsic: the town" },
        { key: "area-curiosity", text: "intrinsic: curiosity × its weight" },
      ],
      columns: [
        { name: "Extrinsic", values: extrinsic.mean },
        { name: "Intrinsic, weighted", values: intrinsic },
      ],
      sentenceOf(state) {
        const point = pointAt(extrinsic, state.episode);
        return point < 0
          ? ""
          : `${stretch(extrinsic.first[point]!, extrinsic.last[point]!)}: ${both(point)}, per episode.`;
      },
      sentenceAt: (point, episode) => `Episode ${count(episode)}: ${both(point)}, per episode.`,
    };
  },
};

function stretch(first: number, last: number): string {
  return first === last ? `Episode ${count(first)}` : `Episodes ${count(first)} to ${count(last)}`;
}
