/**
 * What pointer and keys do on the map: a cursor goes from cell to cell, an affordance is carried to another cell,
 * walls and water are painted. What was done in one go is one edit.
 */

import { computed, ref, shallowRef, type ComputedRef, type Ref } from "vue";
import { titleOf } from "@/features/town/icons";
import { cellsOf, lineOf, rectanglesOf } from "./obstacles";
import { addAffordance, affordanceAt, sidesOf, type Config, type ObstacleKind } from "./town";
import type { Draft } from "./useDraft";

export const TOOLS = [
  ["move", "Move places"],
  ["add", "New place"],
  ["wall", "Wall"],
  ["water", "Water"],
  ["clear", "Clear cells"],
] as const;
export type Tool = (typeof TOOLS)[number][0];

export interface MapEditing {
  tool: Ref<Tool>;
  cursor: Ref<[number, number]>;
  /** Number of the chosen affordance, −1 for none. */
  chosen: Ref<number>;
  /** Number of the affordance that is carried, −1 for none; it is drawn in the cell of the cursor. */
  carried: Ref<number>;
  obstacles: ComputedRef<ReadonlyMap<number, ObstacleKind>>;
  /** What happened, for those who do not see the map. */
  said: Ref<string>;
  press: (cell: [number, number]) => void;
  drag: (cell: [number, number]) => void;
  release: () => void;
  cancel: () => void;
  onKey: (event: KeyboardEvent) => void;
  remove: (at: number) => void;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

export function useMapEditing(draft: Draft): MapEditing {
  const tool = ref<Tool>("move");
  const cursor = ref<[number, number]>([0, 0]);
  const chosen = ref(-1);
  const carried = ref(-1);
  const said = ref("");
  /** Cells that a stroke has passed, and not yet painted. */
  const stroke = shallowRef<[number, number][]>([]);

  const world = computed(() => draft.config.value?.world ?? null);
  const sides = computed(() => (world.value ? sidesOf(world.value) : { width: 2, height: 2 }));
  const painted = computed(() => {
    const { width, height } = sides.value;
    return cellsOf(world.value?.obstacles ?? [], width, height);
  });
  const obstacles = computed(() => withStroke(painted.value, stroke.value));

  function withStroke(
    cells: ReadonlyMap<number, ObstacleKind>,
    passed: readonly [number, number][],
  ): ReadonlyMap<number, ObstacleKind> {
    if (passed.length === 0) return cells;
    const changed = new Map(cells);
    for (const [x, y] of passed) {
      const cell = y * sides.value.width + x;
      if (tool.value === "clear") changed.delete(cell);
      // nobody means to build a wall over a bed
      else if (affordanceAt(world.value!, x, y) < 0) changed.set(cell, tool.value as ObstacleKind);
    }
    return changed;
  }

  function nameOf(at: number): string {
    return titleOf(world.value?.affordances[at]?.name ?? "");
  }

  function describe([x, y]: [number, number]): string {
    const at = affordanceAt(world.value!, x, y);
    const kind = obstacles.value.get(y * sides.value.width + x);
    return `x ${x}, y ${y}: ${at >= 0 ? nameOf(at) : (kind ?? "empty")}`;
  }

  function inside([x, y]: [number, number]): [number, number] {
    const { width, height } = sides.value;
    return [Math.min(width - 1, Math.max(0, x)), Math.min(height - 1, Math.max(0, y))];
  }

  function paint(cells: readonly [number, number][]): void {
    if (tool.value !== "wall" && tool.value !== "water" && tool.value !== "clear") return;
    const changed = withStroke(painted.value, cells);
    const { width } = sides.value;
    const rectangles = rectanglesOf(changed, width);
    draft.edit((config) => {
      config.world.obstacles = rectangles;
    });
    said.value = describe(cells.at(-1)!);
  }

  function add([x, y]: [number, number]): void {
    if (affordanceAt(world.value!, x, y) >= 0 || obstacles.value.has(y * sides.value.width + x)) {
      said.value = `${describe([x, y])}. A place needs an empty cell.`;
      return;
    }
    let at = -1;
    draft.edit((config: Config) => {
      at = addAffordance(config.world, [x, y]);
    });
    chosen.value = at;
    said.value = `${nameOf(at)} is new at x ${x}, y ${y}; its name and what it does stand beside the map.`;
  }

  function carry(at: number): void {
    chosen.value = at;
    carried.value = at;
    said.value = `${nameOf(at)} is carried. Arrows move it, Space puts it down, Escape leaves it where it was.`;
  }

  /** Puts the carried affordance down in the cell of the cursor, unless something is there. */
  function putDown(): void {
    const at = carried.value;
    const [x, y] = cursor.value;
    const place = world.value?.affordances[at];
    if (!place) return;
    const other = affordanceAt(world.value!, x, y);
    if ((other >= 0 && other !== at) || obstacles.value.has(y * sides.value.width + x)) {
      said.value = `${describe([x, y])}. ${nameOf(at)} needs an empty cell.`;
      return;
    }
    carried.value = -1;
    if (other !== at) {
      draft.edit((config) => {
        config.world.affordances[at]!.cell = [x, y];
      });
    }
    said.value = `${nameOf(at)} stands at x ${x}, y ${y}.`;
  }

  function cancel(): void {
    if (carried.value >= 0) said.value = `${nameOf(carried.value)} stays where it was.`;
    carried.value = -1;
    stroke.value = [];
  }

  function press(cell: [number, number]): void {
    cursor.value = inside(cell);
    if (tool.value === "add") add(cursor.value);
    else if (tool.value !== "move") stroke.value = [cursor.value];
    else {
      const at = affordanceAt(world.value!, ...cursor.value);
      if (at >= 0) carry(at);
      else said.value = describe(cursor.value);
    }
  }

  function drag(cell: [number, number]): void {
    const from = cursor.value;
    cursor.value = inside(cell);
    if (stroke.value.length > 0) stroke.value = [...stroke.value, ...lineOf(from, cursor.value)];
  }

  function release(): void {
    const passed = stroke.value;
    stroke.value = [];
    if (passed.length > 0) paint(passed);
    if (carried.value < 0) return;
    putDown();
    carried.value = -1;
  }

  function remove(at: number): void {
    const name = nameOf(at);
    draft.edit((config) => {
      config.world.affordances.splice(at, 1);
    });
    chosen.value = -1;
    carried.value = -1;
    said.value = `${name} is removed.`;
  }

  function act(): void {
    const at = affordanceAt(world.value!, ...cursor.value);
    if (carried.value >= 0) putDown();
    else if (tool.value === "add") add(cursor.value);
    else if (tool.value !== "move") paint([cursor.value]);
    else if (at >= 0) carry(at);
    else said.value = describe(cursor.value);
  }

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) {
      cursor.value = inside([cursor.value[0] + arrow[0], cursor.value[1] + arrow[1]]);
      if (event.shiftKey && carried.value < 0) paint([cursor.value]);
      said.value = describe(cursor.value);
    } else if (event.key === " " || event.key === "Enter") act();
    else if (event.key === "Escape") cancel();
    else if (event.key === "Delete" || event.key === "Backspace") {
      const at = affordanceAt(world.value!, ...cursor.value);
      if (at >= 0) remove(at);
    } else return;
    event.preventDefault();
  }

  return { tool, cursor, chosen, carried, obstacles, said, press, drag, release, cancel, onKey, remove };
}
