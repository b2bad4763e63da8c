/** Fetches the facts of a run by its id. */

import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";
import { api } from "@/lib/api";
import type { Run } from "@/lib/messages";

/** Null while the request is open, and after it failed. */
export function useRun(runId: () => string | null): ShallowRef<Run | null> {
  const run = shallowRef<Run | null>(null);
  let abort: AbortController | null = null;

  async function fetchRun(id: string): Promise<void> {
    const mine = (abort = new AbortController());
    try {
      const found = await api.run(id, mine.signal);
      if (!mine.signal.aborted) run.value = found;
    } catch {
      // The request for the episode reports the same error in a sentence.
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
