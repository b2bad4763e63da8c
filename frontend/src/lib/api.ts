/** The server's API over HTTP: one typed function for each route. */

import { askCopy } from "./frozen/answers";
import { FROZEN } from "./frozen/frozen";
import type { Wire } from "./messages";
import { track } from "./pending";
import { address, runAddress, runsRoot } from "./root";

export type SeriesMetric =
  "survival_time" | "total_reward" | "extrinsic_reward" | "intrinsic_weight" | "epsilon";

/** A range of episodes, without it the whole run, in at most `points` points. */
export interface Window {
  first?: number;
  last?: number;
  points?: number;
}

export const api = {
  state: (episode: number, signal?: AbortSignal, run?: string) =>
    get<Wire["/api/state"]>("state", { episode }, signal, run),
  /** The facts of the run `run` of the server. */
  run: (run: string, signal?: AbortSignal) => get<Wire["/api/run"]>("run", {}, signal, run),
  series: (metric: SeriesMetric, window: Window, signal?: AbortSignal) =>
    get<Wire["/api/series"]>("series", { metric, ...window }, signal),
  graph: (first: number, last: number, signal?: AbortSignal) =>
    get<Wire["/api/graph"]>("graph", { first, last }, signal),
  replay: (episode: number, attempt?: number, signal?: AbortSignal, run?: string) =>
    get<Wire["/api/replay/{episode}"]>(`replay/${episode}`, { attempt }, signal, run),
  policy: (episode: number, signal?: AbortSignal, run?: string) =>
    get<Wire["/api/policy"]>("policy", { episode }, signal, run),
  annotations: (signal?: AbortSignal) => get<Wire["/api/annotations"]>("annotations", {}, signal),
  baseline: (signal?: AbortSignal) => get<Wire["/api/baseline"]>("baseline", {}, signal),
  stages: (signal?: AbortSignal) => get<Wire["/api/stages"]>("stages", {}, signal),
  attempts: (signal?: AbortSignal) => get<Wire["/api/attempts"]>("attempts", {}, signal),
  /** The success criteria as of the end of an episode, the newest one without it. */
  scorecard: (episode?: number, signal?: AbortSignal) =>
    get<Wire["/api/scorecard"]>("scorecard", { episode }, signal),
  websocket: (origin: string) => get<Wire["/api/websocket"]>("websocket", { origin }),
  clock: (window: Window, signal?: AbortSignal) => get<Wire["/api/clock"]>("clock", { ...window }, signal),
  causes: (window: Window, signal?: AbortSignal) => get<Wire["/api/causes"]>("causes", { ...window }, signal),
  health: (window: Window, signal?: AbortSignal) => get<Wire["/api/health"]>("health", { ...window }, signal),
  survivalHistograms: (episode?: number, signal?: AbortSignal) =>
    get<Wire["/api/survival_histograms"]>("survival_histograms", { episode }, signal),
  noveltyScale: (signal?: AbortSignal) => get<Wire["/api/novelty_scale"]>("novelty_scale", {}, signal),
  config: (signal?: AbortSignal) => get<Wire["/api/config"]>("config", {}, signal),
  /** The behaviours found up to an episode, of one kind or of all. */
  behaviours: (
    question: { episode?: number | undefined; kind?: string | undefined; limit: number },
    signal?: AbortSignal,
  ) => get<Wire["/api/behaviours"]>("behaviours", question, signal),
  pair: (episode: number | undefined, signal?: AbortSignal) =>
    get<Wire["/api/pair"]>("pair", { episode }, signal),
  /** All runs of a server of many, from any page. */
  runs: (signal?: AbortSignal) => getFrom<Wire["/api/runs"]>(`${runsRoot() ?? "/"}api/runs`, signal),
  /** The comparison of runs of a server; `question` is a query string. */
  compare: (question: string, signal?: AbortSignal) =>
    getFrom<Wire["/api/compare"]>(`${runsRoot() ?? "/"}api/compare${question}`, signal),
  /** What has happened in the last whole hour of the run; null while it is younger. */
  hour: (signal?: AbortSignal) => get<Wire["/api/hour"]>("hour", {}, signal),
  gallery: (signal?: AbortSignal) => get<Wire["/api/gallery"]>("gallery", {}, signal),
};

/** Send a request to this run, or to another run `run` of the server. */
async function get<T>(
  path: string,
  query: Record<string, string | number | undefined>,
  signal?: AbortSignal,
  run?: string,
): Promise<T> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  const question = `${path}${search ? `?${search}` : ""}`;
  if (FROZEN) return track(askCopy<T>(question, signal));
  const asked = `api/${question}`;
  return getFrom(run === undefined ? address(asked) : address(runAddress(run) + asked), signal);
}

function getFrom<T>(url: string, signal?: AbortSignal): Promise<T> {
  return track(fetchFrom<T>(url, signal));
}

/** Throws the server's error sentence for every status but 200. */
async function fetchFrom<T>(url: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(url, signal ? { signal } : {});
  if (!response.ok) {
    const body = (await response.json().catch(() => ({}))) as { error?: string };
    throw new Error(body.error ?? `${url} answered ${response.status}`);
  }
  return (await response.json()) as T;
}
