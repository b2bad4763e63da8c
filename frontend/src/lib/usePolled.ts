/** Fetches data of the run's history once, and again while the run continues, at a limited rate. */

import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { STILL } from "@/lib/still";
import { useConnection } from "@/stores/connection";
import { useLive } from "@/stores/live";

/** A run with fewer episodes than this is polled more often, because each episode changes the picture. */
const YOUNG_EPISODES = 500;
const YOUNG_MS = 3_000;

export interface Polled<T> {
  value: ShallowRef<T | null>;
  error: Ref<string | null>;
  /** Fetch at once and drop an open request; for changed parameters. */
  refresh(): void;
}

/** `ask` is called when the run has changed, at most every `everyMs` milliseconds. */
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
    // A run that has not begun has no data; its first event starts the polling.
    if (live.position === 0) return;
    // A still page keeps its first data; only failed requests are repeated.
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
