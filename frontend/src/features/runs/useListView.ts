/** Keeps the address and the list's sorting, filter and grouping the same, in both directions. */

import { useEventListener, useTimeoutFn } from "@vueuse/core";
import { reactive, watch } from "vue";
import { formatListView, parseListView, type ListView } from "./listView";

/** Browsers refuse a page that rewrites its address with every key that is pressed. */
const REST_MS = 200;

export function useListView(): ListView {
  const view = reactive(parseListView(window.location.search));
  const rest = useTimeoutFn(
    () => {
      const search = formatListView(view, window.location.search);
      history.replaceState(null, "", window.location.pathname + search);
    },
    REST_MS,
    { immediate: false },
  );
  watch(view, () => rest.start());
  useEventListener(window, "popstate", () => Object.assign(view, parseListView(window.location.search)));
  return view;
}
