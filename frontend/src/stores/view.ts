/** What of the view lives in the address, so that a moment can be shared: parsed and written, nothing else. */

export const SPEEDS = [1, 10, 100] as const;
export type Speed = (typeof SPEEDS)[number];
export const MAP_LAYERS = ["visits", "novelty", "none"] as const;
export type MapLayer = (typeof MAP_LAYERS)[number];

export interface View {
  /** The episode looked at; null is the live one. */
  episode: number | null;
  /** Episodes per second when history plays. */
  speed: Speed;
  map: MapLayer;
  /** Two episodes side by side. */
  compare: [number, number] | null;
}

export const START_VIEW: View = { episode: null, speed: 1, map: "visits", compare: null };

/** Read a query string such as `?episode=5012&speed=10`; whatever makes no sense is left at its default. */
export function parseView(search: string): View {
  const query = new URLSearchParams(search);
  const pair = (query.get("compare") ?? "").split(",").map(episodeOf);
  return {
    episode: episodeOf(query.get("episode")),
    speed: SPEEDS.find((speed) => String(speed) === query.get("speed")) ?? START_VIEW.speed,
    map: MAP_LAYERS.find((layer) => layer === query.get("map")) ?? START_VIEW.map,
    compare: pair.length === 2 && pair[0] && pair[1] ? [pair[0], pair[1]] : null,
  };
}

/** The query string of a view, "" for the default one; the inverse of `parseView`. */
export function formatView(view: View): string {
  const parts: string[] = [];
  if (view.episode !== null) parts.push(`episode=${view.episode}`);
  if (view.speed !== START_VIEW.speed) parts.push(`speed=${view.speed}`);
  if (view.map !== START_VIEW.map) parts.push(`map=${view.map}`);
  if (view.compare) parts.push(`compare=${view.compare.join(",")}`);
  return parts.length ? `?${parts.join("&")}` : "";
}

function episodeOf(text: string | null | undefined): number | null {
  return text && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
