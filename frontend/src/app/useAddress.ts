/** Keeps the address and the view the same: read once when the page opens, written whenever the view changes. */

import { watchDebounced } from "@vueuse/core";
import { computed } from "vue";
import { formatView, parseView, type View } from "@/lib/address";
import { useTimeControl } from "@/stores/timeControl";
import { useView } from "@/stores/view";

/** Browsers refuse a page that rewrites its address hundreds of times a minute, as a drag would. */
const REST_MS = 200;

export function useAddress(): void {
  const timeControl = useTimeControl();
  const view = useView();

  const start = parseView(window.location.search);
  timeControl.restore(start.episode);
  timeControl.speed = start.speed;
  view.map = start.map;
  view.compare = start.compare;

  const now = computed<View>(() => ({
    episode: timeControl.following ? null : timeControl.episode,
    speed: timeControl.speed,
    map: view.map,
    compare: view.compare,
  }));
  watchDebounced(
    now,
    () => {
      const { pathname, search } = window.location;
      history.replaceState(null, "", pathname + formatView(now.value, search));
    },
    { debounce: REST_MS },
  );
}
