/** A configuration whose town is edited, with every key as the server gives it; and what can be done to it. */

/** What stands in a field that holds a number: the number, or the text that is none yet. */
export type Figure = number | string;
export type Cell = [Figure, Figure];

export interface Meter {
  name: string;
  start: Figure | [Figure, Figure];
  drain: Figure;
  move_cost: Figure;
  vital: boolean;
  when_low: string;
}

export interface Coupling {
  meter: string;
  below: Figure;
  drains: string;
  by: Figure;
}

export interface Affordance {
  name: string;
  cell: Cell;
  kind: string;
  price: Figure;
  wage: Figure;
  effects: Record<string, Figure>;
  refuses_above: Record<string, Figure>;
  reduced_wage: { below: Record<string, Figure>; wage: Figure } | null;
}

export type ObstacleKind = "wall" | "water";

export interface Obstacle {
  kind: ObstacleKind;
  cell: [number, number];
  to: [number, number] | null;
}

export interface World {
  width: Figure;
  height: Figure;
  meters: Meter[];
  affordances: Affordance[];
  couplings: Coupling[];
  obstacles: Obstacle[];
  money_meter: string | null;
  dollars_when_full: Figure;
  currency: string;
}

export interface Stage {
  active_meters: string[];
  depletion: Figure;
  reward: string;
  name: string;
  meaning: string;
}

export interface Config {
  experiment: { name: string; description: string };
  world: World;
  curriculum: { stages: Stage[] };
  training: {
    num_episodes: Figure;
    max_steps_per_episode: Figure;
    randomize_affordances_at: Figure | null;
  };
}

/** Sides of a town for drawing; what is no side yet is drawn as the smallest town. */
export function sidesOf(world: World): { width: number; height: number } {
  return { width: sideOf(world.width), height: sideOf(world.height) };
}

function sideOf(value: Figure): number {
  return typeof value === "number" && Number.isInteger(value) ? Math.min(256, Math.max(2, value)) : 2;
}

/** The number of the affordance in a cell, −1 for none. */
export function affordanceAt(world: World, x: number, y: number): number {
  return world.affordances.findIndex((place) => place.cell[0] === x && place.cell[1] === y);
}

/** A copy of `config` without anything in its town, and with one stage. */
export function emptied(config: Config): Config {
  const empty = structuredClone(config);
  empty.experiment = { ...empty.experiment, name: "my_town", description: "A town made in the editor" };
  empty.world = {
    width: 8,
    height: 8,
    meters: [],
    affordances: [],
    couplings: [],
    obstacles: [],
    money_meter: null,
    dollars_when_full: 100,
    currency: "$",
  };
  empty.curriculum.stages = [{ active_meters: [], depletion: 1, reward: "shaped", name: "", meaning: "" }];
  return empty;
}

/** "Place", or with a number behind it the first name that is not taken. */
export function freeName(wanted: string, taken: readonly string[]): string {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted} ${n}`;
    if (!taken.includes(name)) return name;
  }
}

/** The new meter is vital and counts in every stage: otherwise nothing would come of it. */
export function addMeter(config: Config): void {
  const name = freeName(
    "need",
    config.world.meters.map((meter) => meter.name),
  );
  config.world.meters.push({ name, start: 1, drain: 0.01, move_cost: 0, vital: true, when_low: "" });
  for (const stage of config.curriculum.stages) stage.active_meters.push(name);
}

/** Renames a meter wherever it is named. */
export function renameMeter(config: Config, at: number, name: string): void {
  const { world } = config;
  const old = world.meters[at]!.name;
  world.meters[at]!.name = name;
  // of two meters with one name nobody knows which is meant elsewhere
  if (world.meters.some((meter, i) => i !== at && (meter.name === old || meter.name === name))) return;
  const renamed = (other: string): string => (other === old ? name : other);
  for (const place of world.affordances) {
    place.effects = withKeys(place.effects, renamed);
    place.refuses_above = withKeys(place.refuses_above, renamed);
    if (place.reduced_wage) place.reduced_wage.below = withKeys(place.reduced_wage.below, renamed);
  }
  for (const coupling of world.couplings) {
    coupling.meter = renamed(coupling.meter);
    coupling.drains = renamed(coupling.drains);
  }
  if (world.money_meter !== null) world.money_meter = renamed(world.money_meter);
  for (const stage of config.curriculum.stages) stage.active_meters = stage.active_meters.map(renamed);
}

/** Takes a meter out, and what is said about it elsewhere. */
export function removeMeter(config: Config, at: number): void {
  const { world } = config;
  const [gone] = world.meters.splice(at, 1);
  if (!gone || world.meters.some((meter) => meter.name === gone.name)) return;
  for (const place of world.affordances) {
    delete place.effects[gone.name];
    delete place.refuses_above[gone.name];
    if (place.reduced_wage) delete place.reduced_wage.below[gone.name];
  }
  world.couplings = world.couplings.filter(
    (coupling) => coupling.meter !== gone.name && coupling.drains !== gone.name,
  );
  if (world.money_meter === gone.name) world.money_meter = null;
  for (const stage of config.curriculum.stages) {
    stage.active_meters = stage.active_meters.filter((name) => name !== gone.name);
  }
}

/** Adds an affordance and returns its number. */
export function addAffordance(world: World, cell: [number, number]): number {
  const name = freeName(
    "Place",
    world.affordances.map((place) => place.name),
  );
  return (
    world.affordances.push({
      name,
      cell,
      kind: "",
      price: 0,
      wage: 0,
      effects: {},
      refuses_above: {},
      reduced_wage: null,
    }) - 1
  );
}

/** The first cell, row by row, in which nothing is; null if there is none. */
export function freeCell(world: World, taken: ReadonlyMap<number, ObstacleKind>): [number, number] | null {
  const { width, height } = sidesOf(world);
  for (let cell = 0; cell < width * height; cell += 1) {
    const [x, y] = [cell % width, Math.floor(cell / width)];
    if (!taken.has(cell) && affordanceAt(world, x, y) < 0) return [x, y];
  }
  return null;
}

/** What a field of numbers holds: "0.5" → 0.5, "abc" → "abc". */
export function figureOf(text: string): Figure {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return trimmed !== "" && Number.isFinite(value) && /^[-+.\d]/.test(trimmed) ? value : trimmed;
}

/** A name as part of a file's name: "My town!" → "my_town". */
export function fileNameOf(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return `${plain.slice(0, 40) || "town"}.yaml`;
}

function withKeys(values: Record<string, Figure>, renamed: (key: string) => string): Record<string, Figure> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [renamed(key), value]));
}
