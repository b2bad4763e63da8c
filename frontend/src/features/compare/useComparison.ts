/** The comparison that the address asks for, as the server computes it. */

import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { api } from "@/lib/api";
import type { Comparison } from "@/lib/messages";

export interface Compared {
  comparison: ShallowRef<Comparison | null>;
  /** Why there is no answer to the newest question. */
  error: Ref<string | null>;
  /** Whether an answer is awaited. */
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
