/** The list of runs as the page shows it: filtered, sorted, each branch below its parent, in groups. */

import type { RunSummary } from "@/lib/messages";
import { count, number } from "@/lib/format";
import type { ListView, SortKey } from "./listView";

/** A run in the list; `depth` is the number of its ancestors in the list. */
export interface Row {
  run: RunSummary;
  depth: number;
  /** The parent, where it is in the list. */
  parent: RunSummary | null;
}

export interface Group {
  /** The value that the runs of the group have in common; "" without grouping. */
  label: string;
  rows: Row[];
}

/** Groups by all keys that differ, except the seed, so that repetitions of an experiment are in one group. */
export const ALL_BUT_SEED = "all but the seed";
const SEED = "experiment.seed";

/** The order of the states: those that need an operator first. */
const STATES = ["failed", "silent", "running", "waiting", "stopped", "finished"];

const names = new Intl.Collator("en", { numeric: true });
const byName = (a: RunSummary, b: RunSummary): number => names.compare(a.name, b.name);

/** The groups of runs that the list shows. */
export function arrange(runs: readonly RunSummary[], keys: readonly string[], view: ListView): Group[] {
  const found = runs.filter((run) => matches(run, view.filter));
  const groups = new Map<string, RunSummary[]>();
  for (const run of found) {
    const label = view.group === "" ? "" : groupLabel(run, keys, view.group);
    groups.set(label, [...(groups.get(label) ?? []), run]);
  }
  return [...groups]
    .sort(([a], [b]) => names.compare(a, b))
    .map(([label, members]) => ({ label, rows: rowsOf(members, runs, view) }));
}

/** The keys by which the list can be grouped. */
export function groupings(keys: readonly string[]): string[] {
  const differ = keys.some((key) => key !== SEED);
  return keys.includes(SEED) && differ ? [ALL_BUT_SEED, ...keys] : [...keys];
}

function groupLabel(run: RunSummary, keys: readonly string[], group: string): string {
  if (run.run_id == null && !run.config_name) return "Configuration not known";
  if (group !== ALL_BUT_SEED) return `${group} = ${shown(run.values?.[group])}`;
  return keys
    .filter((key) => key !== SEED)
    .map((key) => `${key} = ${shown(run.values?.[key])}`)
    .join(", ");
}

/** A value of the configuration in words; YAML writes null for none. */
function shown(value: string | number | boolean | null | undefined): string {
  return value === null || value === undefined ? "none" : String(value);
}

/** Whether the texts of a run contain every word of the filter. */
export function matches(run: RunSummary, filter: string): boolean {
  const said = [run.name, run.run_id, stateLabel(run), run.config_name, run.problem, recoveryLabel(run)];
  const values = Object.entries(run.values ?? {}).map(([key, value]) => `${key}=${shown(value)}`);
  const text = [...said, ...values].join("\n").toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function rowsOf(members: RunSummary[], all: readonly RunSummary[], view: ListView): Row[] {
  const row = (run: RunSummary, depth: number): Row => ({ run, depth, parent: parentOf(run, all) });
  const sign = view.descending ? -1 : 1;
  if (view.sort !== "name")
    return [...members].sort((a, b) => compare(a, b, view.sort, sign)).map((run) => row(run, 0));
  const rows: Row[] = [];
  const add = (run: RunSummary, depth: number): void => {
    rows.push(row(run, depth));
    for (const branch of branchesOf(run, members).sort((a, b) => sign * byName(a, b))) add(branch, depth + 1);
  };
  const roots = members.filter((run) => parentOf(run, members) === null);
  for (const run of roots.sort((a, b) => sign * byName(a, b))) add(run, 0);
  return rows;
}

/** The parent of a run among `runs`. */
export function parentOf(run: RunSummary, runs: readonly RunSummary[]): RunSummary | null {
  const parent = run.parent?.run_id;
  return parent === undefined ? null : (runs.find((other) => other.run_id === parent) ?? null);
}

/** The branches of a run among `runs`, in the order of their names. */
export function branchesOf(run: { run_id?: string | null }, runs: readonly RunSummary[]): RunSummary[] {
  return runs.filter((other) => run.run_id != null && other.parent?.run_id === run.run_id).sort(byName);
}

/** Runs without a value are last in both orders. */
function compare(a: RunSummary, b: RunSummary, key: SortKey, sign: number): number {
  const [left, right] = [sortValue(a, key), sortValue(b, key)];
  if (left === null || right === null) return left === right ? byName(a, b) : left === null ? 1 : -1;
  return sign * (left - right) || byName(a, b);
}

function sortValue(run: RunSummary, key: SortKey): number | null {
  switch (key) {
    case "state":
      return run.state == null ? null : STATES.indexOf(run.state);
    case "progress":
      return run.planned ? (run.episodes ?? 0) / run.planned : null;
    case "stage":
      return run.stage ?? null;
    case "survival":
      return run.mean_survival ?? null;
    case "recovery":
      return run.recovery?.episodes ?? null;
    case "started":
      return run.started_at ?? null;
    case "name":
      return null;
  }
}

/** The state of a run in one or two words. */
export function stateLabel(run: RunSummary): string {
  return run.state == null ? "not readable" : run.state === "waiting" ? "not started" : run.state;
}

/** "1,200 of 10,000", or "1,200" for a run that has no planned length. */
export function progressLabel(run: RunSummary): string {
  const episodes = run.episodes ?? 0;
  if (run.planned) return `${count(episodes)} of ${count(run.planned)}`;
  return episodes > 0 ? count(episodes) : "–";
}

/** The outcome of the move of the affordances, in a few words. */
export function recoveryLabel(run: RunSummary): string {
  const recovery = run.recovery;
  if (!recovery) return "–";
  if (recovery.state === "recovered") return `after ${count(recovery.episodes ?? 0)} episodes`;
  return recovery.state === "not part of this run" ? "no move" : recovery.state;
}

/** Mean survival of the newest window, in steps. */
export function survivalLabel(run: RunSummary): string {
  return run.mean_survival == null ? "–" : number(run.mean_survival);
}

/** The points of a curve in a box of `width` by `height`, from 0 to `top`; "" for fewer than two values. */
export function sparkPath(values: readonly number[], top: number, width: number, height: number): string {
  if (values.length < 2 || top <= 0) return "";
  const step = width / (values.length - 1);
  return values
    .map((value, i) => `${i ? "L" : "M"}${(i * step).toFixed(1)} ${(height * (1 - value / top)).toFixed(1)}`)
    .join("");
}

/** "12 runs: 2 running, 10 finished". */
export function countLabel(runs: readonly RunSummary[]): string {
  const counts = new Map<string, number>();
  for (const run of runs) counts.set(stateLabel(run), (counts.get(stateLabel(run)) ?? 0) + 1);
  const parts = [...counts].map(([state, n]) => `${count(n)} ${state}`);
  return `${count(runs.length)} ${runs.length === 1 ? "run" : "runs"}: ${parts.join(", ")}`;
}
