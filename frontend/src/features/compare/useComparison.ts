/** Fetches the comparison that the address asks for. */

import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { api } from "@/lib/api";
import type { Comparison } from "@/lib/messages";

export interface Compared {
  comparison: ShallowRef<Comparison | null>;
  /** The error of the newest request, null without an error. */
  error: Ref<string | null>;
  /** Whether a request is open. */
  asking: Ref<boolean>;
}

export function useComparison(question: () => string): Compared {
  const comparison = shallowRef<Comparison | null>(null);
  const error = ref<string | null>(null);
  const asking = ref(true);
  let abort: AbortController | null = null;

  async function ask(): Promise<void> {
    abort?.abort();
    const mine = (abort = new AbortController());
    asking.value = true;
    try {
      comparison.value = await api.compare(question(), mine.signal);
      error.value = null;
    } catch (reason) {
      if (mine.signal.aborted) return;
      comparison.value = null;
      error.value = reason instanceof Error ? reason.message : String(reason);
    }
    if (!mine.signal.aborted) asking.value = false;
  }

  watch(question, () => void ask(), { immediate: true });
  onScopeDispose(() => abort?.abort());
  return { comparison, error, asking };
}
