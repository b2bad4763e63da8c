/** Differences of configurations as rows of a table. */

import type { Comparison } from "@/lib/messages";

export interface ConfigurationRow {
  key: string;
  /** The value of each run, in the order of the runs. */
  cells: string[];
  /** Each value with the number of runs that have it, the most frequent first. */
  values: [string, number][];
}

const MISSING = "–";

export function configurationRows(comparison: Comparison): ConfigurationRow[] {
  return comparison.configuration.map(({ key, values }) => {
    const known = values as Record<string, unknown>;
    const cells = comparison.runs.map(({ run_id }) => (run_id in known ? shown(known[run_id]) : MISSING));
    const runs = new Map<string, number>();
    for (const cell of cells) runs.set(cell, (runs.get(cell) ?? 0) + 1);
    return { key, cells, values: [...runs].sort(([, a], [, b]) => b - a) };
  });
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
