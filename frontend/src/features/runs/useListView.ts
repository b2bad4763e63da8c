/** Keeps the address and the settings of the list equal. */

import { useEventListener, useTimeoutFn } from "@vueuse/core";
import { reactive, watch } from "vue";
import { formatListView, parseListView, type ListView } from "./listView";

/** Browsers refuse a page that changes its address with every key press. */
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
