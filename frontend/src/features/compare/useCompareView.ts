/** Keeps the address and the settings of the comparison equal. */

import { useEventListener } from "@vueuse/core";
import { reactive, watch } from "vue";
import { formatCompareView, parseCompareView, type CompareView } from "./compareView";

export function useCompareView(): CompareView {
  const view = reactive(parseCompareView(window.location.search));
  watch(view, () => {
    const search = formatCompareView(view, window.location.search);
    history.replaceState(null, "", window.location.pathname + search);
  });
  useEventListener(window, "popstate", () => Object.assign(view, parseCompareView(window.location.search)));
  return view;
}
