/** Work that is under way and will change what is drawn: requests, parts of the page and pictures that load. */

import { defineAsyncComponent, ref, type Component } from "vue";

/** Number of such pieces of work. */
export const pending = ref(0);

/** Count `work` as pending until it has ended, whatever its end. */
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
