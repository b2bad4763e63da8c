/** The timeline's keys, wherever on the page they are pressed, except where a control needs them itself. */

import { useEventListener } from "@vueuse/core";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";
import { keyTarget } from "./scale";

export function useTimelineKeys(): void {
  const timeControl = useTimeControl();
  const live = useLive();

  useEventListener(window, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || live.newest === 0) return;
    const where = event.target as HTMLElement;
    if (where.closest("input, select, textarea, [role=region]")) return;
    if (event.key === " ") {
      if (where.closest("button, a")) return;
      event.preventDefault();
      timeControl.togglePlaying();
      return;
    }
    const target = keyTarget(event, timeControl.episode, live.newest);
    if (target === null) return;
    event.preventDefault();
    if (target === "live") timeControl.follow();
    else timeControl.seek(target);
  });
}
