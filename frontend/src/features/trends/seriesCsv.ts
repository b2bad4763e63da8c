/** The numbers of a chart as CSV: one row per point, as in the chart's table, never smoothed. */

import type { Drawing } from "./trend";

export function seriesCsv({ points, columns }: Pick<Drawing, "points" | "columns">): string {
  const header = ["first_episode", "last_episode", ...columns.map((column) => column.name)];
  const rows = points.first.map((first, i) => [
    first,
    points.last[i],
    ...columns.map((column) => column.values[i] ?? ""),
  ]);
  return [header, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

/** As RFC 4180 has it: quotes around what holds a comma, a quote or a line's end. */
function quoted(value: unknown): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
