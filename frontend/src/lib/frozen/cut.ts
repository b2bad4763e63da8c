/** Cuts a range of episodes out of a response in columns. */

export type Columns = Record<string, unknown>;

/** The entries of all columns whose points overlap the episodes `first` to `last`. */
export function cut(columns: Columns, first: number, last: number): Columns {
  const begins = (columns.first ?? columns.episode) as number[];
  const ends = (columns.last ?? columns.episode) as number[];
  const kept = begins.map((begin, i) => begin <= last && ends[i]! >= first);
  return keep(columns, kept) as Columns;
}

function keep(value: unknown, kept: readonly boolean[]): unknown {
  if (Array.isArray(value)) return value.length === kept.length ? value.filter((_, i) => kept[i]) : value;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keep(inner, kept)]));
}
