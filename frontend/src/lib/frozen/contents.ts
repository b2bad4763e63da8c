/** The contents of a frozen copy: the table that `projections pack` writes into `data/contents.js`. */

/** Responses that differ by an episode only: `{}` in the address is its number. */
export interface Family {
  /** Chunks are called "NAME-000", "NAME-001", … */
  name: string;
  address: string;
  /** Line i answers for the episodes `starts[i]` to `starts[i + 1] - 1`; null: line i is of episode i + 1. */
  starts: number[] | null;
  /** Only the episodes of `starts` themselves are answered. */
  exact: boolean;
  last: number;
  linesPerChunk: number;
}

export interface Contents {
  run: string;
  config: string;
  seed: number;
  /** The log position of the copy. */
  position: number;
  /** When the last event was recorded, Unix seconds. */
  recordedAt: number;
  /** Number of episodes, and of the episodes with a recording in the copy. */
  episodes: number;
  recordings: number;
  families: Family[];
  /** The lines of the chunk "single-000": the addresses without an episode. */
  single: string[];
  /** Other pages of the pack, relative to the dashboard. */
  pages: { title: string; href: string }[];
}

/** A line of a chunk. */
export interface Place {
  chunk: string;
  line: number;
}

/** The location of the response to an address such as "state?episode=5"; null: the copy has no such response. */
export function placeOf(contents: Contents, address: string): Place | null {
  const line = contents.single.indexOf(address);
  if (line >= 0) return { chunk: "single-000", line };
  for (const family of contents.families) {
    const episode = episodeIn(family.address, address);
    if (episode !== null) return placeIn(family, episode);
  }
  return null;
}

/** The episode at the `{}` of `pattern` in `address`; null for another address. */
function episodeIn(pattern: string, address: string): number | null {
  const [before, after] = pattern.split("{}") as [string, string];
  if (!address.startsWith(before) || !address.endsWith(after)) return null;
  const middle = address.slice(before.length, address.length - after.length);
  return /^[1-9]\d*$/.test(middle) ? Number(middle) : null;
}

function placeIn(family: Family, episode: number): Place | null {
  if (episode > family.last) return null;
  const line = family.starts === null ? episode - 1 : lastStart(family.starts, episode);
  if (line < 0 || (family.exact && family.starts?.[line] !== episode)) return null;
  const number = String(Math.floor(line / family.linesPerChunk)).padStart(3, "0");
  return { chunk: `${family.name}-${number}`, line: line % family.linesPerChunk };
}

/** The index of the last start that is not after `episode`, -1 where all are. */
function lastStart(starts: readonly number[], episode: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= episode) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
