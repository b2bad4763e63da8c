/** Something of the history that grows: fetched once, then again when the run moved on, never faster than asked. */

import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { STILL } from "@/lib/still";
import { useConnection } from "@/stores/connection";
import { useLive } from "@/stores/live";

/** While a run is this young every new episode changes the picture, and it is asked for more often. */
const YOUNG_EPISODES = 500;
const YOUNG_MS = 3_000;

export interface Polled<T> {
  value: ShallowRef<T | null>;
  error: Ref<string | null>;
  /** Fetch again at once, whatever was under way (after the question changed). */
  refresh(): void;
}

/** `ask` is called when there is something new, at most every `everyMs` milliseconds. */
export function usePolled<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs: number): Polled<T> {
  const live = useLive();
  const connection = useConnection();
  const value = shallowRef<T | null>(null);
  const error = ref<string | null>(null);
  let abort: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let askedAt = -Infinity;

  async function refresh(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    abort?.abort();
    const mine = (abort = new AbortController());
    askedAt = performance.now();
    try {
      const answer = await ask(mine.signal);
      if (mine.signal.aborted) return;
      value.value = answer;
      error.value = null;
    } catch (reason) {
      if (!mine.signal.aborted) error.value = reason instanceof Error ? reason.message : String(reason);
    }
  }

  function refreshSoon(): void {
    // Of a run that has not begun there is nothing to ask for; its first event will be heard of.
    if (live.position === 0) return;
    // A still page shows what it was told first; only what there was no answer to is asked for again.
    if (timer !== undefined || (STILL && value.value !== null)) return;
    const pause = live.newest < YOUNG_EPISODES ? Math.min(everyMs, YOUNG_MS) : everyMs;
    const due = STILL ? 0 : askedAt + pause - performance.now();
    timer = setTimeout(() => void refresh(), Math.max(0, due));
  }

  watch([() => live.position, () => connection.line], refreshSoon);
  if (live.position > 0) void refresh();
  onScopeDispose(() => {
    clearTimeout(timer);
    abort?.abort();
  });
  return { value, error, refresh: () => void refresh() };
}
