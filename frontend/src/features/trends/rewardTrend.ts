/** The rewards of an episode: the extrinsic reward below, the intrinsic reward above. */

import { count, number } from "@/lib/format";
import type { Series } from "@/lib/messages";
import type { Curve } from "./curves";
import { rewardHelp } from "./help";
import { middles, rollingMean } from "./smoothing";
import { withoutOutliers } from "./outliers";
import { seriesOf, smoothingWords, spanOf, type Trend } from "./trend";

export const rewardTrend: Trend<Record<"extrinsic_reward" | "total_reward", Series>> = {
  key: "reward",
  title: "Reward, decomposed",
  help: ({ novelty }) => rewardHelp(novelty !== "none"),
  what: "Reward per episode, extrinsic below and intrinsic above,",
  height: 190,
  unit: "reward per episode",
  smoothed: true,
  mayBeLogarithmic: false,
  fetch: seriesOf("extrinsic_reward", "total_reward"),
  draw({ extrinsic_reward: extrinsic, total_reward: total }, { smoothing, run }) {
    const curious = run.novelty !== "none";
    // The weighted intrinsic reward is total − extrinsic, for means too.
    const intrinsic = total.mean.map((mean, i) => mean - (extrinsic.mean[i] ?? 0));
    const x = middles(extrinsic);
    const smooth = (mean: number[]): number[] => rollingMean({ ...extrinsic, mean }, smoothing);
    const both = (fromTown: number, fromCuriosity: number): string =>
      `${number(fromTown)} from the town` + (curious ? `, ${number(fromCuriosity)} from curiosity` : "");
    const whereCurious = <T>(part: T): T[] => (curious ? [part] : []);
    const [fromTown, added] = [smooth(extrinsic.mean), smooth(intrinsic)];
    const above = withoutOutliers(
      fromTown.map((value, i) => Math.max(0, value) + Math.max(0, added[i] ?? 0)),
    );
    const below = withoutOutliers(
      fromTown.map((value, i) => -Math.min(0, value) - Math.min(0, added[i] ?? 0)),
    );
    return {
      points: extrinsic,
      frame: {
        ...spanOf(extrinsic),
        ...(above === null ? {} : { high: above.limit }),
        ...(below === null ? {} : { low: -below.limit }),
      },
      curves:
        extrinsic.mean.length === intrinsic.length
          ? [
              {
                name: "extrinsic",
                kind: "area",
                x,
                y: fromTown,
                colour: "reward",
                fill: "reward-soft",
              },
              ...whereCurious<Curve>({
                name: "intrinsic",
                kind: "area",
                x,
                y: added,
                colour: "curiosity",
                fill: "curiosity-soft",
              }),
            ]
          : [],
      marks: [],
      legend: [
        { key: "area-reward", text: `extrinsic: the town; ${smoothingWords(smoothing)}` },
        ...whereCurious({ key: "area-curiosity", text: "intrinsic: curiosity × its weight" }),
        ...[above, below].flatMap((cut, i) =>
          cut === null
            ? []
            : [{ key: "none", text: `beyond the axis: ${number(i === 0 ? cut.most : -cut.most)}` }],
        ),
      ],
      columns: [
        { name: "Extrinsic", values: extrinsic.mean },
        ...whereCurious({ name: "Intrinsic, weighted", values: intrinsic }),
      ],
      sentenceOf({ episode, metrics }) {
        const added = metrics.total_reward - metrics.extrinsic_reward;
        return `Episode ${count(episode)}: ${both(metrics.extrinsic_reward, added)}.`;
      },
      sentenceAt: (point, episode) =>
        `Episode ${count(episode)}: ${both(extrinsic.mean[point]!, intrinsic[point] ?? 0)}, per episode.`,
    };
  },
};
