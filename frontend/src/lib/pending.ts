/** Counts open work that will change the drawing: requests, parts of the page, pictures. */

import { defineAsyncComponent, ref, type Component } from "vue";

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
