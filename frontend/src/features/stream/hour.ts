/** The last hour of training in lines for people who pass by. */

import { count, sentence } from "@/lib/format";
import type { Hour, Run } from "@/lib/messages";
import { explanationOf } from "./news";

export interface HourLine {
  what: string;
  value: string;
  /** What that means, or when it was; empty where nothing is to be added. */
  more: string;
}

/** A panel has room for so many lines. */
export const MOST_LINES = 6;

/** "Hour 3 of this run: lives 301 to 450." */
export function hourSentence(hour: Hour): string {
  const { hour: number, first_episode: first, last_episode: last } = hour;
  const lives = first === last ? `life ${count(first)}` : `lives ${count(first)} to ${count(last)}`;
  return `Hour ${count(number)} of this run: ${lives}.`;
}

/** The most important lines first. */
export function hourLines(hour: Hour, run: Pick<Run, "max_steps">): HourLine[] {
  const { episodes, mean_survival: mean, mean_before: before, best_episode: best } = hour;
  const lines: HourLine[] = [
    {
      what: "Lives",
      value: count(episodes),
      more: `${count(mean)} of ${count(run.max_steps)} steps on average${before === null ? "" : `, ${change(mean, before)}`}`,
    },
    {
      what: "The best one",
      value: `${count(hour.best_survival)} steps`,
      more: `Life ${count(best)}`,
    },
  ];
  const news = hour.events.filter(({ kind }) => kind !== "started" && kind !== "stopped");
  // The move first, then the rest, the newest of it first.
  const rank = (kind: string): number => (kind === "randomized" ? 0 : 1);
  for (const mark of [...news].reverse().sort((a, b) => rank(a.kind) - rank(b.kind))) {
    const known = explanationOf(mark);
    if (!known) continue;
    const value = known.title ?? sentence(mark.text);
    lines.push({ what: `After life ${count(mark.episode)}`, value, more: known.meaning });
  }
  for (const { name, episode } of hour.behaviours)
    lines.push({ what: "Odd behaviour", value: name, more: `Life ${count(episode)}` });
  return lines.slice(0, MOST_LINES);
}

function change(mean: number, before: number): string {
  const by = Math.round(mean) - Math.round(before);
  if (by === 0) return "as many as in the hour before";
  return `${count(Math.abs(by))} ${by > 0 ? "more" : "fewer"} than in the hour before`;
}
