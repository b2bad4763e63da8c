/** Shows each piece of news for a while, one after the other; what happened before the page opened is no news. */

import { useTimeoutFn } from "@vueuse/core";
import { ref, watch } from "vue";
import { useHistory } from "@/stores/history";
import { useLive } from "@/stores/live";
import { mergeNews, newsAfter, type News } from "./news";

const SHOWN_MS = 8_000;
/** What has waited for longer is no news any more: the page shows already what has become of it. */
const STALE_MS = 10_000;

export function useNews() {
  const live = useLive();
  const history = useHistory();
  const current = ref<News | null>(null);
  let queue: News[] = [];
  /** When each piece of the queue came, by its log position, in milliseconds. */
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

  // Of a run that began under our eyes everything is news; of another, what comes after the first state shown.
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
      // Of a burst (a page that slept, a fast trainer) only the last few are worth the viewers' time.
      queue = mergeNews(queue, fresh).slice(-3);
      seen = annotations.reduce((highest, a) => Math.max(highest, a.position), seen);
      if (current.value === null) next();
    },
  );
  return current;
}
