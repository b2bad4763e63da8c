/** The run that an id names, of those that the server has. */

import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";
import { api } from "@/lib/api";
import type { Run } from "@/lib/messages";

/** Null while the run is being fetched, and where it cannot be: then its episode has no recording either. */
export function useRun(runId: () => string | null): ShallowRef<Run | null> {
  const run = shallowRef<Run | null>(null);
  let abort: AbortController | null = null;

  async function fetchRun(id: string): Promise<void> {
    const mine = (abort = new AbortController());
    try {
      const found = await api.run(id, mine.signal);
      if (!mine.signal.aborted) run.value = found;
    } catch {
      // The question for the episode says in a sentence what is wrong.
    }
  }

  watch(
    runId,
    (id) => {
      abort?.abort();
      run.value = null;
      if (id !== null) void fetchRun(id);
    },
    { immediate: true },
  );
  onScopeDispose(() => abort?.abort());
  return run;
}
