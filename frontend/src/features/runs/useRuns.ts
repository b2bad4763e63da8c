/** Fetches the list of all runs, every few seconds while the page is visible. */

import { useDocumentVisibility } from "@vueuse/core";
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { api } from "@/lib/api";
import type { RunList } from "@/lib/messages";

/** An unchanged list is answered with 304 and no body. */
const LIST_MS = 2_000;

export interface Runs {
  list: ShallowRef<RunList | null>;
  /** The error of the newest request, null without an error; the list is then that of the request before. */
  error: Ref<string | null>;
}

export function useRuns(everyMs = LIST_MS): Runs {
  const list = shallowRef<RunList | null>(null);
  const error = ref<string | null>(null);
  const visibility = useDocumentVisibility();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort: AbortController | null = null;

  async function ask(): Promise<void> {
    clearTimeout(timer);
    abort?.abort();
    const mine = (abort = new AbortController());
    try {
      list.value = await api.runs(mine.signal);
      error.value = null;
    } catch (reason) {
      if (mine.signal.aborted) return;
      error.value = reason instanceof Error ? reason.message : String(reason);
    }
    if (visibility.value === "visible") timer = setTimeout(() => void ask(), everyMs);
  }

  watch(visibility, (now) => now === "visible" && void ask());
  void ask();
  onScopeDispose(() => {
    clearTimeout(timer);
    abort?.abort();
  });
  return { list, error };
}
