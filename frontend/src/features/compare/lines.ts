/** The lines of a comparison's chart: a line for each run, a line with a band for each group of runs. */

import type { Band, ComparedRun, Comparison, Group } from "@/lib/messages";
import type { Curve } from "@/features/trends/curves";
import { count, number } from "@/lib/format";
import type { Middle } from "./compareView";

/** A line of the chart; `y` has a value for each point of the grid. */
export interface Line {
  /** Identifies the run or group on the whole page. */
  key: string;
  name: string;
  paint: string;
  y: (number | null)[];
  /** The line of a group: bounds of the 95 % confidence interval of the mean. */
  low?: (number | null)[];
  high?: (number | null)[];
  /** The line of a group: number of runs with a value, for each point. */
  n?: number[];
  /** The line of a run: the axis value up to which branches of the comparison share this line. */
  shared: { name: string; until: number }[];
  bold: boolean;
}

export const paintOf = (colour: number): string => `var(--run-${colour})`;
export const runKey = (run: Pick<ComparedRun, "run_id">): string => `run ${run.run_id}`;
export const groupKey = (index: number): string => `group ${index}`;
/** A group of one run is drawn as that run. */
export const isDrawn = (group: Group): boolean => group.run_ids.length > 1;

/** The colour of a run: an own colour where there are few runs, else the colour of the group. */
export function paintOfRun(run: ComparedRun, comparison: Comparison): string {
  return paintOf(comparison.few_runs ? run.colour : comparison.groups[run.group]!.colour);
}

/** All lines of the curve `key`. Groups are drawn above many runs; few runs are drawn above their groups. */
export function linesOf(comparison: Comparison, key: string, middle: Middle): Line[] {
  const runs = comparison.runs.flatMap((run): Line[] => {
    const values = run.curves[key];
    if (!values) return [];
    const y = values.map((value, i) => (i < run.drawn_from ? null : value));
    const shared = comparison.runs
      .filter((other) => other.drawn_with === run.run_id)
      .map((other) => ({ name: other.name, until: other.split_at ?? 0 }));
    const paint = paintOfRun(run, comparison);
    return [{ key: runKey(run), name: run.name, paint, y, shared, bold: false }];
  });
  const groups = comparison.groups.flatMap((group, i): Line[] => {
    const band = group.bands[key];
    if (!band || !isDrawn(group)) return [];
    return [
      {
        key: groupKey(i),
        name: group.label,
        paint: paintOf(group.colour),
        ...columnsOf(band, middle),
        shared: [],
        bold: true,
      },
    ];
  });
  return comparison.few_runs ? [...groups, ...runs] : [...runs, ...groups];
}

function columnsOf(band: Band, middle: Middle) {
  return middle === "mean"
    ? { y: band.mean, low: band.low, high: band.high, n: band.n }
    : { y: band.iqm, low: band.iqm_low, high: band.iqm_high, n: band.n };
}

/** The points at which lines of branches leave other lines: axis values and line values. */
export function splitsOf(comparison: Comparison, key: string): { x: number; y: number; paint: string }[] {
  return comparison.runs.flatMap((run) => {
    const x = comparison.grid[run.drawn_from];
    const y = run.curves[key]?.[run.drawn_from];
    if (run.drawn_with === null || x === undefined || y == null || x > (run.split_at ?? 0)) return [];
    return [{ x, y, paint: paintOfRun(run, comparison) }];
  });
}

/** The lines as curves of a chart; `few`: single runs are drawn in full strength. */
export function curvesOf(lines: readonly Line[], grid: number[], few: boolean): Curve[] {
  return lines.flatMap((line): Curve[] => {
    const curve = { name: line.key, x: grid, colour: "ink" as const, paint: line.paint, y: line.y };
    if (!line.bold) return [{ ...curve, kind: "line", width: few ? 1.75 : 1, opacity: few ? 1 : 0.4 }];
    return [
      {
        ...curve,
        kind: "band",
        y: line.high ?? [],
        low: (line.low ?? []).map((value) => value ?? NaN),
        opacity: 0.18,
      },
      { ...curve, kind: few ? "dashed" : "line", width: 3 },
    ];
  });
}

/** The point of the grid nearest to `x`. */
export function pointNear(grid: readonly number[], x: number): number {
  let found = 0;
  grid.forEach((at, i) => {
    if (Math.abs(at - x) < Math.abs(grid[found]! - x)) found = i;
  });
  return found;
}

/** The line whose value at `point` is drawn nearest to the height `y`, at most `reach` away; null for none. */
export function lineNear(
  lines: readonly Line[],
  point: number,
  y: number,
  toY: (value: number) => number,
  reach: number,
): Line | null {
  let found: Line | null = null;
  let least = reach;
  for (const line of lines) {
    const value = line.y[point];
    if (value == null) continue;
    const distance = Math.abs(toY(value) - y);
    // A group is drawn above its runs.
    if (distance < least || (distance === least && line.bold)) [found, least] = [line, distance];
  }
  return found;
}

/** The name of a line at an axis value; a shared history has the names of all its runs. */
export function nameAt(line: Line, x: number): string {
  const names = [line.name, ...line.shared.filter(({ until }) => x <= until).map(({ name }) => name)];
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : line.name;
}

/** The value of a line at a point in words: "200 (n = 5, 190 to 210)". */
export function valueAt(line: Line, point: number): string {
  const value = line.y[point];
  if (value == null) return "no value";
  const [low, high, n] = [line.low?.[point], line.high?.[point], line.n?.[point]];
  if (n === undefined) return number(value);
  const interval = low == null || high == null ? "" : `, ${number(low)} to ${number(high)}`;
  return `${number(value)} (n = ${count(n)}${interval})`;
}

/** The last point at which the line has a value, -1 for none. */
export function lastPoint(line: Line): number {
  return line.y.reduce<number>((last, value, i) => (value === null ? last : i), -1);
}

/** The legend: groups of several runs with their n, and single runs while there are few. */
export function legendOf(comparison: Comparison): { text: string; colour: number }[] {
  const groups = comparison.groups
    .filter(isDrawn)
    .map((group) => ({ text: `${group.label} (n = ${group.run_ids.length})`, colour: group.colour }));
  const runs = comparison.few_runs || groups.length === 0 ? comparison.runs : [];
  return [...groups, ...runs.map(({ name, colour }) => ({ text: name, colour }))];
}
