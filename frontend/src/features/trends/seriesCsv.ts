/** The values of a chart as CSV: one row for each point, as in the table, never smoothed. */

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

/** Quoted as in RFC 4180: a text with a comma, a quote or a line break. */
function quoted(value: unknown): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
