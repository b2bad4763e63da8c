/** The settings of the list that are in the address: parsing and formatting. */

import { runsRoot } from "@/lib/root";

export const SORT_KEYS = ["name", "state", "progress", "stage", "survival", "recovery", "started"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export interface ListView {
  sort: SortKey;
  /** Whether the highest value is first. */
  descending: boolean;
  /** Words that a run's name, id, state or configuration must hold, all of them. */
  filter: string;
  /** The configuration key by whose values the runs are grouped; "" for none. */
  group: string;
  /** The ids of the runs that are ticked. */
  ticked: string[];
}

export const START_LIST: ListView = { sort: "name", descending: false, filter: "", group: "", ticked: [] };
const KEYS = ["sort", "filter", "group", "run"];

/** Read a query string such as `?sort=-survival&filter=running&group=experiment.seed`. */
export function parseListView(search: string): ListView {
  const query = new URLSearchParams(search);
  const sort = query.get("sort") ?? "";
  const name = sort.replace(/^-/, "");
  return {
    sort: SORT_KEYS.find((key) => key === name) ?? START_LIST.sort,
    descending: sort.startsWith("-"),
    filter: query.get("filter") ?? "",
    group: query.get("group") ?? "",
    ticked: [...new Set(query.getAll("run"))],
  };
}

/** The query string of a view, the inverse of `parseListView`; what else `search` holds is kept. */
export function formatListView(view: ListView, search = ""): string {
  const query = new URLSearchParams(search);
  for (const key of KEYS) query.delete(key);
  if (view.sort !== START_LIST.sort || view.descending)
    query.set("sort", (view.descending ? "-" : "") + view.sort);
  if (view.filter.trim()) query.set("filter", view.filter.trim());
  if (view.group) query.set("group", view.group);
  for (const run of view.ticked) query.append("run", run);
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** The address of the list with the runs `ticked`. */
export function listAddress(ticked: string[]): string {
  return (runsRoot() ?? "/") + formatListView({ ...START_LIST, ticked });
}

/** The address of the comparison of the ticked runs; grouped as the list where the list is grouped by one key. */
export function compareAddress(view: ListView, groupBy: string): string {
  const query = new URLSearchParams(view.ticked.map((run) => ["run", run]));
  if (groupBy) query.set("group_by", groupBy);
  return `${runsRoot() ?? "/"}compare?${query}`;
}
