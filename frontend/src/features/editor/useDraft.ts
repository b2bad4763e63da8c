/**
 * The town that is being made: every edit can be undone, is checked by the server a moment later, and outlasts a
 * reload of the page.
 */

import { useSessionStorage, useTimeoutFn } from "@vueuse/core";
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import { api } from "@/lib/api";
import type { TownAnswer, TownQuestion } from "@/lib/messages";
import { checkTown } from "./checkTown";
import { emptied, type Config } from "./town";

/** What the file of an empty town extends: the shortest of the configurations that come along. */
const EMPTY_EXTENDS = "quick";
const CHECK_AFTER_MS = 200;
const MOST_UNDONE = 200;

interface Version {
  config: Config;
  extends: string | null;
}

export interface Draft {
  config: Ref<Config | null>;
  /** The configuration that the file extends; null for a file that stands alone. */
  extended: ComputedRef<string | null>;
  /** What the server said about the town as it is, or as it was a moment ago. */
  answer: Ref<TownAnswer | null>;
  /** Why the server says nothing; "" while it does. */
  unreachable: Ref<string>;
  canUndo: ComputedRef<boolean>;
  canRedo: ComputedRef<boolean>;
  /** Change the town; edits in a row with the same `field` are undone together. */
  edit: (change: (config: Config) => void, field?: string) => void;
  extend: (name: string | null) => void;
  undo: () => void;
  redo: () => void;
  /** Begin with a town: the empty one, that of this run, that of a text. Resolves to why not, in sentences. */
  startEmpty: () => Promise<string[]>;
  startFromRun: () => Promise<string[]>;
  startFromText: (text: string) => Promise<string[]>;
  /** Go on with the town from before a reload; whether there is one. */
  restore: () => boolean;
}

export function useDraft(): Draft {
  const now = shallowRef<Version | null>(null);
  const before = shallowRef<Version[]>([]);
  const after = shallowRef<Version[]>([]);
  const answer = shallowRef<TownAnswer | null>(null);
  const unreachable = ref("");
  const kept = useSessionStorage<string>("hamlet-town", "");
  let lastField: string | undefined;
  let asked: AbortController | null = null;

  function show(version: Version): void {
    if (now.value) before.value = [...before.value, now.value].slice(-MOST_UNDONE);
    after.value = [];
    now.value = version;
  }

  function edit(change: (config: Config) => void, field?: string): void {
    if (!now.value) return;
    const config = structuredClone(now.value.config);
    change(config);
    const version = { ...now.value, config };
    if (field !== undefined && field === lastField) now.value = version;
    else show(version);
    lastField = field;
  }

  function extend(name: string | null): void {
    lastField = undefined;
    if (now.value) show({ ...now.value, extends: name });
  }

  function step(from: Ref<Version[]>, to: Ref<Version[]>): void {
    const version = from.value.at(-1);
    if (!version || !now.value) return;
    from.value = from.value.slice(0, -1);
    to.value = [...to.value, now.value];
    now.value = version;
    lastField = undefined;
  }

  async function check(): Promise<void> {
    asked?.abort();
    if (!now.value) return;
    asked = new AbortController();
    const { signal } = asked;
    try {
      answer.value = await checkTown(now.value, signal);
      unreachable.value = "";
    } catch (reason) {
      if (!signal.aborted) unreachable.value = (reason as Error).message;
    }
  }
  const soon = useTimeoutFn(() => void check(), CHECK_AFTER_MS, { immediate: false });
  watch(now, (version) => {
    kept.value = JSON.stringify(version);
    soon.start();
  });

  async function start(question: TownQuestion, made: (config: Config) => Config): Promise<string[]> {
    try {
      const found = await checkTown(question);
      if (found.config === null) return found.problems.map(({ text }) => text);
      lastField = undefined;
      show({ config: made(found.config as Config), extends: found.extends });
      return [];
    } catch (reason) {
      return [(reason as Error).message];
    }
  }

  async function startFromRun(): Promise<string[]> {
    const run = await api.config().catch(() => null);
    if (!run) return ["This run has no configuration from which a town could be made."];
    return start({ config: run.config }, (config) => config);
  }

  function restore(): boolean {
    try {
      const version = JSON.parse(kept.value || "null") as Version | null;
      if (!version?.config?.world) return false;
      now.value = version;
      return true;
    } catch {
      return false;
    }
  }

  return {
    config: computed(() => now.value?.config ?? null),
    extended: computed(() => now.value?.extends ?? null),
    answer,
    unreachable,
    canUndo: computed(() => before.value.length > 0),
    canRedo: computed(() => after.value.length > 0),
    edit,
    extend,
    undo: () => step(before, after),
    redo: () => step(after, before),
    startEmpty: () => start({ text: `extends: ${EMPTY_EXTENDS}` }, emptied),
    startFromRun,
    startFromText: (text) => start({ text }, (config) => config),
    restore,
  };
}
