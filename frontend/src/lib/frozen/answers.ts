/** The API of a frozen copy: the recorded responses of the server, byte for byte. */

import type { Run, State, StateUpdate, TrainerStatus } from "@/lib/messages";
import { linesOf, readContents } from "./chunks";
import { placeOf } from "./contents";
import { cut, type Columns } from "./cut";

/** Responses on the whole run, at the finest resolution, from which ranges are cut. */
const FINEST: Record<string, string> = { series: "2000", causes: "2000", health: "2000", clock: "1000" };

/**
 * The response to `path` with a query, as "state?episode=5". Throws the server's sentence where the server
 * answered with an error.
 */
export async function askCopy<T>(asked: string, signal?: AbortSignal): Promise<T> {
  const answer = JSON.parse(await textOf(asked)) as T & { error?: string };
  signal?.throwIfAborted();
  if (isRefusal(answer)) throw new Error(answer.error);
  return answer;
}

/** The JSON of an answer. */
export async function textOf(asked: string): Promise<string> {
  const place = placeOf(readContents(), asked);
  if (place) return (await linesOf(place.chunk))[place.line]!;
  const stretch = await stretchOf(asked);
  if (stretch === null) throw new Error(absent(asked));
  return JSON.stringify(stretch);
}

/** A range of a chart: the points of the whole run in it. */
async function stretchOf(asked: string): Promise<Columns | null> {
  const [path, search] = asked.split("?") as [string, string | undefined];
  const query = new URLSearchParams(search);
  const [first, last] = [Number(query.get("first")), Number(query.get("last"))];
  const points = FINEST[path];
  if (points === undefined || !first || !last) return null;
  const metric = query.get("metric");
  const whole = `${path}?${metric === null ? "" : `metric=${metric}&`}points=${points}`;
  const place = placeOf(readContents(), whole);
  if (place === null) return null;
  return cut(JSON.parse((await linesOf(place.chunk))[place.line]!) as Columns, first, last);
}

function absent(asked: string): string {
  const { recordings, episodes } = readContents();
  if (!asked.startsWith("replay/"))
    return "this frozen copy does not hold the answer; the run's server has it";
  const held = `${recordings.toLocaleString("en")} of ${episodes.toLocaleString("en")} episodes`;
  return `this frozen copy holds the recordings of ${held}, and this one is not among them`;
}

function isRefusal(answer: object): boolean {
  return answer !== null && "error" in answer && Object.keys(answer).length === 1;
}

/** The messages of the WebSocket: the newest state, once. */
export async function newestUpdate(): Promise<StateUpdate> {
  const [run, trainer, state] = await Promise.all([
    askCopy<Run>("run"),
    askCopy<TrainerStatus>("trainer"),
    askCopy<State>("state"),
  ]);
  const { recordedAt, position } = readContents();
  const disk = { free_bytes: 0, total_bytes: 0, floor_bytes: 0, low: false };
  return { type: "state_update", server_time: recordedAt, position, run, trainer, state, disk, alarms: [] };
}
