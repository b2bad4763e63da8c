/** The configuration of a run as rows: one for each value, named by its full key. */

export interface Section {
  name: string;
  rows: { key: string; value: string }[];
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** One section for each key of the outermost level, in the order of the configuration. */
export function sectionsOf(config: Record<string, unknown>): Section[] {
  return Object.entries(config).map(([name, value]) => ({ name, rows: rowsOf("", value as Json) }));
}

/** An entry with a name (a stage, a meter, an affordance) is labelled by the name, not by its index. */
function rowsOf(key: string, value: Json): { key: string; value: string }[] {
  if (Array.isArray(value)) {
    if (value.every((entry) => entry === null || typeof entry !== "object" || Array.isArray(entry))) {
      return [{ key, value: value.map((entry) => plain(entry)).join(", ") }];
    }
    return value.flatMap((entry, i) => rowsOf(joined(key, nameOf(entry) ?? String(i + 1)), entry));
  }
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    return entries.length === 0
      ? [{ key, value: "none" }]
      : entries.flatMap(([name, inner]) => rowsOf(joined(key, name), inner));
  }
  return [{ key, value: plain(value) }];
}

function nameOf(value: Json): string | null {
  const name = value !== null && typeof value === "object" && !Array.isArray(value) ? value.name : null;
  return typeof name === "string" && name ? name : null;
}

function joined(key: string, name: string): string {
  return key ? `${key}.${name}` : name;
}

function plain(value: Json): string {
  if (value === null) return "none";
  if (Array.isArray(value)) return `(${value.map(plain).join(", ")})`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
