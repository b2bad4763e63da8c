/** The part of the view that is in the address: parsing and formatting. */

export const SPEEDS = [1, 10, 100, 1_000, 10_000] as const;
export type Speed = (typeof SPEEDS)[number];
export const MAP_LAYERS = ["visits", "novelty", "none"] as const;
export type MapLayer = (typeof MAP_LAYERS)[number];

/** Numbers of episodes for the means of the charts' lines. */
export const SMOOTHINGS = [1, 10, 100, 500] as const;
export type Smoothing = (typeof SMOOTHINGS)[number];
/** The colouring of the policy map: destinations of the arrows, or values of the best actions. */
export const COLOURINGS = ["destinations", "values"] as const;
export type Colouring = (typeof COLOURINGS)[number];
/** The units of the charts' horizontal axis. */
export const X_AXES = ["episodes", "steps", "hours"] as const;
export type XAxis = (typeof X_AXES)[number];

export interface View {
  /** The shown episode; null is the live one. */
  episode: number | null;
  /** The first step of the recording; null is its beginning. */
  step: number | null;
  /** Speed of playing, in episodes per second. */
  speed: Speed;
  map: MapLayer;
  /** Whether the colours of novelty have the scale of the moment, not of the run. */
  ownScale: boolean;
  /** Whether the garden path is that of the whole run in place of the newest episodes. */
  wholePath: boolean;
  /** The range of the charts; null is the whole run. */
  zoom: Stretch | null;
  smooth: Smoothing;
  x: XAxis;
  /** Keys of the charts with a logarithmic vertical axis. */
  log: string[];
  /** The range that playing repeats; null plays to the present. */
  loop: Stretch | null;
  /** Two episodes to compare. */
  compare: [EpisodeKey, EpisodeKey] | null;
  /** The scene of the tour, from 1; null is no tour. */
  tour: number | null;
  /** The scene that fills the screen; null is the whole page. */
  present: string | null;
  /** The levels of the meters for the policy, 0 to 1; null is those of the agent on the map. */
  needs: number[] | null;
  /** The cell for the policy; null is that of the agent on the map. */
  cell: Place | null;
  colours: Colouring;
  /** The second policy. */
  beside: BesideKey | null;
  /** The name of the action that is compared with the best one; null is the second best. */
  against: string | null;
  /** The names of the two meters of the axes, across and up; null is the first two. */
  over: [string, string] | null;
}

/** A column and a row, from 0. */
export interface Place {
  x: number;
  y: number;
}

/** The policy as of an episode, of this run or of another one that the server has. */
export interface BesideKey {
  episode: number;
  run?: string;
}

/** The episodes `first` to `last`. */
export interface Stretch {
  first: number;
  last: number;
}

/** A recorded episode: a kept one, or with `attempt` a superseded one. */
export interface EpisodeKey {
  episode: number;
  attempt?: number;
}

export const START_VIEW: View = {
  episode: null,
  step: null,
  speed: 1,
  map: "visits",
  ownScale: false,
  wholePath: false,
  zoom: null,
  smooth: 100,
  x: "episodes",
  log: [],
  loop: null,
  compare: null,
  tour: null,
  present: null,
  needs: null,
  cell: null,
  colours: "destinations",
  beside: null,
  against: null,
  over: null,
};
const KEYS = ["scale", "path", ...Object.keys(START_VIEW)];

/**
 * Read a query string such as `?episode=5012&speed=10&compare=4990,5010`; a value without a meaning is replaced by
 * its default.
 */
export function parseView(search: string): View {
  const query = new URLSearchParams(search);
  const [left, right] = (query.get("compare") ?? "").split(",").map(parseEpisodeKey);
  return {
    episode: parseEpisode(query.get("episode")),
    step: parseEpisode(query.get("step")),
    speed: SPEEDS.find((speed) => String(speed) === query.get("speed")) ?? START_VIEW.speed,
    map: MAP_LAYERS.find((layer) => layer === query.get("map")) ?? START_VIEW.map,
    ownScale: query.get("scale") === "own",
    wholePath: query.get("path") === "run",
    zoom: parseStretch(query.get("zoom")),
    smooth: SMOOTHINGS.find((episodes) => String(episodes) === query.get("smooth")) ?? START_VIEW.smooth,
    x: X_AXES.find((axis) => axis === query.get("x")) ?? START_VIEW.x,
    log: (query.get("log") ?? "").split(",").filter((key) => /^[a-z-]{1,20}$/.test(key)),
    loop: parseStretch(query.get("loop")),
    compare: left && right ? [left, right] : null,
    tour: query.get("tour") === "" ? 1 : parseEpisode(query.get("tour")),
    present: query.get("present"),
    needs: parseNeeds(query.get("needs")),
    cell: parsePlace(query.get("cell")),
    colours: COLOURINGS.find((colours) => colours === query.get("colours")) ?? START_VIEW.colours,
    beside: parseBeside(query.get("beside")),
    against: query.get("against") || null,
    over: parsePair(query.get("over")),
  };
}

/**
 * The query string of a view, "" for the default view; the inverse of `parseView`. Other parameters of `search`
 * (`theme=dark`) are kept.
 */
export function formatView(view: View, search = ""): string {
  const parts: string[] = [];
  if (view.episode !== null) parts.push(`episode=${view.episode}`);
  if (view.episode !== null && view.step !== null) parts.push(`step=${view.step}`);
  if (view.speed !== START_VIEW.speed) parts.push(`speed=${view.speed}`);
  if (view.map !== START_VIEW.map) parts.push(`map=${view.map}`);
  if (view.ownScale) parts.push("scale=own");
  if (view.wholePath) parts.push("path=run");
  if (view.zoom) parts.push(`zoom=${view.zoom.first}-${view.zoom.last}`);
  if (view.smooth !== START_VIEW.smooth) parts.push(`smooth=${view.smooth}`);
  if (view.x !== START_VIEW.x) parts.push(`x=${view.x}`);
  if (view.log.length > 0) parts.push(`log=${view.log.join(",")}`);
  if (view.loop) parts.push(`loop=${view.loop.first}-${view.loop.last}`);
  if (view.compare) parts.push(`compare=${view.compare.map(formatEpisodeKey).join(",")}`);
  if (view.tour !== null) parts.push(`tour=${view.tour}`);
  if (view.present !== null)
    parts.push(view.present === "" ? "present" : `present=${encodeURIComponent(view.present)}`);
  if (view.needs) parts.push(`needs=${view.needs.map((level) => Math.round(level * 100)).join(",")}`);
  if (view.cell) parts.push(`cell=${view.cell.x},${view.cell.y}`);
  if (view.colours !== START_VIEW.colours) parts.push(`colours=${view.colours}`);
  if (view.beside) parts.push(`beside=${formatBeside(view.beside)}`);
  if (view.against !== null) parts.push(`against=${encodeURIComponent(view.against)}`);
  if (view.over) parts.push(`over=${view.over.map(encodeURIComponent).join(",")}`);
  const others = new URLSearchParams(search);
  for (const key of KEYS) others.delete(key);
  const kept = others.toString();
  if (kept) parts.push(kept);
  return parts.length ? `?${parts.join("&")}` : "";
}

function parseEpisode(text: string | null | undefined): number | null {
  return text && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}

/** "400-700", the first before the last. */
function parseStretch(text: string | null): Stretch | null {
  const [first, last, ...rest] = (text ?? "").split("-").map(parseEpisode);
  return first && last && first < last && rest.length === 0 ? { first, last } : null;
}

/** "15,100,50": the levels of the meters in per cent. */
function parseNeeds(text: string | null): number[] | null {
  const levels = (text ?? "").split(",");
  return levels.every((level) => /^(100|\d{1,2})$/.test(level))
    ? levels.map((level) => Number(level) / 100)
    : null;
}

/** "energy,money": two different names. */
function parsePair(text: string | null): [string, string] | null {
  const [first, second, ...rest] = (text ?? "").split(",");
  return first && second && first !== second && rest.length === 0 ? [first, second] : null;
}

/** "3,4": column 3 and row 4, from 0. */
function parsePlace(text: string | null): Place | null {
  const found = /^(\d{1,3}),(\d{1,3})$/.exec(text ?? "");
  return found ? { x: Number(found[1]), y: Number(found[2]) } : null;
}

/** "4900", or "RUN@4900" for the policy of another run. */
export function formatBeside({ run, episode }: BesideKey): string {
  return run === undefined ? String(episode) : `${run}@${episode}`;
}

/** The inverse of `formatBeside`; null for anything else. */
export function parseBeside(text: string | null): BesideKey | null {
  const found = /^(?:([a-z2-7]{1,64})@)?([1-9]\d{0,8})$/.exec(text ?? "");
  if (!found) return null;
  const episode = Number(found[2]);
  return found[1] === undefined ? { episode } : { run: found[1], episode };
}

/** "5012", or "5012@2" for that episode of attempt 2. */
export function formatEpisodeKey(key: EpisodeKey): string {
  return key.attempt === undefined ? String(key.episode) : `${key.episode}@${key.attempt}`;
}

/** The inverse of `formatEpisodeKey`; null for anything else. */
export function parseEpisodeKey(text: string): EpisodeKey | null {
  const [episode, attempt, ...rest] = text.split("@").map(parseEpisode);
  if (!episode || attempt === null || rest.length > 0) return null;
  return attempt === undefined ? { episode } : { episode, attempt };
}
