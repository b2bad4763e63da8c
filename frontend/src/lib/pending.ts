/** Counts open work that will change the drawing: requests, parts of the page, pictures. */

import { defineAsyncComponent, ref, type Component } from "vue";
import { STILL } from "@/lib/still";

/** Number of such pieces of work. */
export const pending = ref(0);

/** Count `work` as pending until it has ended, with or without an error. */
export async function track<Result>(work: Promise<Result>): Promise<Result> {
  pending.value += 1;
  try {
    return await work;
  } finally {
    pending.value -= 1;
  }
}

/** A component that is loaded when it is first drawn, counted as pending until then. */
export function loadLater<Loaded extends Component>(load: () => Promise<{ default: Loaded }>): Loaded {
  return defineAsyncComponent(() => track(load())) as Loaded;
}

/** Interval of checking whether a request is still running. */
const CALM_MS = 100;
/** Loading begins after this time, whatever is still running. */
const LONGEST_MS = 5_000;

/**
 * A component that the first screen does not need. Its file is loaded after all other requests have ended, because on a
 * slow connection it would delay them. A still page loads the component at once.
 */
export function loadLast<Loaded extends Component>(load: () => Promise<{ default: Loaded }>): Loaded {
  if (STILL) return loadLater(load);
  return defineAsyncComponent(async () => {
    await calm();
    return track(load());
  }) as Loaded;
}

/** Resolves when no request is running, or after `LONGEST_MS`. */
export async function calm(): Promise<void> {
  const latest = performance.now() + LONGEST_MS;
  do await new Promise((done) => setTimeout(done, CALM_MS));
  while (pending.value > 0 && performance.now() < latest);
}
