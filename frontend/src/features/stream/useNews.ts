/**
 * Shows each announcement for a while, one after the other; events before the opening of the page are not
 * announced.
 */

import { useTimeoutFn } from "@vueuse/core";
import { ref, watch } from "vue";
import { useHistory } from "@/stores/history";
import { useLive } from "@/stores/live";
import { mergeNews, newsAfter, type News } from "./news";

const SHOWN_MS = 8_000;
/** An entry that waits for longer is dropped, because the page already shows its effect. */
const STALE_MS = 10_000;

export function useNews() {
  const live = useLive();
  const history = useHistory();
  const current = ref<News | null>(null);
  let queue: News[] = [];
  /** The time at which each entry of the queue came, by log position, in milliseconds. */
  const heardAt = new Map<number, number>();
  let seen: number | null = null;

  const shown = useTimeoutFn(next, SHOWN_MS, { immediate: false });
  function next(): void {
    const now = performance.now();
    queue = queue.filter(({ position }) => now - (heardAt.get(position) ?? now) <= STALE_MS);
    current.value = queue.shift() ?? null;
    if (queue.length === 0) heardAt.clear();
    if (current.value) shown.start();
  }

  // All events are announced of a run that began while the page was open; otherwise those after the first state.
  watch(
    [() => live.waiting, () => live.position],
    ([waiting, position]) => {
      if (seen === null && (waiting !== null || position > 0)) seen = waiting === null ? position : 0;
    },
    { immediate: true },
  );
  watch(
    () => history.annotations,
    (annotations) => {
      if (!annotations || seen === null) return;
      const fresh = newsAfter(annotations, seen);
      for (const { position } of fresh) heardAt.set(position, performance.now());
      // Of many events at once only the newest few are announced.
      queue = mergeNews(queue, fresh).slice(-3);
      seen = annotations.reduce((highest, a) => Math.max(highest, a.position), seen);
      if (current.value === null) next();
    },
  );
  return current;
}
