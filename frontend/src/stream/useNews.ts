/** Shows each piece of news for a while, one after the other; what happened before the page opened is no news. */

import { onScopeDispose, ref, watch } from "vue";
import { useHistory } from "../stores/history";
import { newsAfter, type News } from "./news";

const SHOWN_MS = 8_000;

export function useNews() {
  const history = useHistory();
  const current = ref<News | null>(null);
  let queue: News[] = [];
  let seen: number | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function next(): void {
    current.value = queue.shift() ?? null;
    timer = current.value ? setTimeout(next, SHOWN_MS) : undefined;
  }

  watch(
    () => history.annotations,
    (annotations) => {
      if (!annotations) return;
      const newest = annotations.reduce((highest, a) => Math.max(highest, a.position), 0);
      // Of a burst (a page that slept, a fast trainer) only the last few are worth the viewers' time.
      if (seen !== null) queue = [...queue, ...newsAfter(annotations, seen)].slice(-3);
      seen = Math.max(newest, seen ?? 0);
      if (timer === undefined) next();
    },
    { immediate: true },
  );
  onScopeDispose(() => clearTimeout(timer));
  return current;
}
