/** The settings of a comparison that are in the address: parsing and formatting. */

import type { Comparison } from "@/lib/messages";

export type Axis = Comparison["axis"];
export const AXES: readonly Axis[] = ["episodes", "agent-steps"];
/** The mean of a group: the mean of all runs, or the interquartile mean. */
export const MIDDLES = ["mean", "iqm"] as const;
export type Middle = (typeof MIDDLES)[number];

export interface CompareView {
  /** Run ids; an empty list means all runs of the server. */
  runs: string[];
  /** The configuration key by whose values the runs are grouped; "" groups what differs in the seed only. */
  groupBy: string;
  axis: Axis;
  middle: Middle;
  /** The two runs and the episode of the panel of two towns; null while the panel is closed. */
  left: string | null;
  right: string | null;
  episode: number | null;
}

const KEYS = ["run", "group_by", "axis", "middle", "left", "right", "episode"];

/** Read a query string such as `?run=…&run=…&group_by=population.gamma&axis=agent-steps&middle=iqm`. */
export function parseCompareView(search: string): CompareView {
  const query = new URLSearchParams(search);
  const episode = query.get("episode") ?? "";
  return {
    runs: [...new Set(query.getAll("run"))],
    groupBy: query.get("group_by") ?? "",
    axis: AXES.find((axis) => axis === query.get("axis")) ?? "episodes",
    middle: MIDDLES.find((middle) => middle === query.get("middle")) ?? "mean",
    left: query.get("left"),
    right: query.get("right"),
    episode: /^[1-9]\d{0,8}$/.test(episode) ? Number(episode) : null,
  };
}

/** The query string of a view, the inverse of `parseCompareView`; what else `search` holds is kept. */
export function formatCompareView(view: CompareView, search = ""): string {
  const query = new URLSearchParams(search);
  for (const key of KEYS) query.delete(key);
  for (const run of view.runs) query.append("run", run);
  if (view.groupBy) query.set("group_by", view.groupBy);
  if (view.axis !== "episodes") query.set("axis", view.axis);
  if (view.middle !== "mean") query.set("middle", view.middle);
  if (view.left !== null) query.set("left", view.left);
  if (view.right !== null) query.set("right", view.right);
  if (view.episode !== null) query.set("episode", String(view.episode));
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** The part of the query string that the server needs to compare. */
export function questionOf(view: CompareView): string {
  return formatCompareView({ ...view, middle: "mean", left: null, right: null, episode: null });
}
