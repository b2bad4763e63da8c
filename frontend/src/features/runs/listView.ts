/** What of the list of runs lives in the address: parsed and written, nothing else. */

export const SORT_KEYS = ["name", "state", "progress", "stage", "survival", "recovery", "started"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export interface ListView {
  sort: SortKey;
  /** From the highest to the lowest. */
  descending: boolean;
  /** Words that a run's name, id, state or configuration must hold, all of them. */
  filter: string;
  /** The configuration key by whose values the runs are grouped; "" for none. */
  group: string;
}

export const START_LIST: ListView = { sort: "name", descending: false, filter: "", group: "" };
const KEYS = ["sort", "filter", "group"];

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
  const text = query.toString();
  return text ? `?${text}` : "";
}
