/** Delays a value for long computations: updates when the value has come to rest and the browser is idle. */

import { watchDebounced } from "@vueuse/core";
import { onScopeDispose, shallowRef, type Ref } from "vue";
import { STILL } from "@/lib/still";

const REST_MS = 120;
const LONGEST_REST_MS = 400;
/** Longest wait for an idle browser. */
const LONGEST_WAIT_MS = 400;

/** The value of `source` after it has come to rest, and now and then before. */
export function useResting<T>(source: Ref<T>): Readonly<Ref<T>> {
  if (STILL !== null) return source;
  const resting = shallowRef(source.value) as Ref<T>;
  let cancel: () => void = () => undefined;
  watchDebounced(
    source,
    () => {
      cancel();
      cancel = whenIdle(() => (resting.value = source.value));
    },
    { debounce: REST_MS, maxWait: LONGEST_REST_MS },
  );
  onScopeDispose(() => cancel());
  return resting;
}

/** Safari has no idle callbacks. Returns the function that cancels the request. */
function whenIdle(run: () => void): () => void {
  if (!("requestIdleCallback" in window)) {
    const timer = setTimeout(run);
    return () => clearTimeout(timer);
  }
  const request = requestIdleCallback(run, { timeout: LONGEST_WAIT_MS });
  return () => cancelIdleCallback(request);
}
