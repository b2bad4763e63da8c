/** The timeline's keys, wherever on the page they are pressed, except where a control needs them itself. */

import { onBeforeUnmount, onMounted } from "vue";
import { useLive } from "../stores/live";
import { useMoment } from "../stores/moment";
import { keyTarget } from "./scale";

export function useTimelineKeys(): void {
  const moment = useMoment();
  const live = useLive();

  function pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || live.newest === 0) return;
    const where = event.target as HTMLElement;
    if (where.closest("input, select, textarea, [role=region]")) return;
    if (event.key === " ") {
      if (where.closest("button, a")) return;
      event.preventDefault();
      moment.togglePlaying();
      return;
    }
    const target = keyTarget(event, moment.episode, live.newest);
    if (target === null) return;
    event.preventDefault();
    moment.playing = false;
    if (target === "live") moment.goLive();
    else moment.seek(target);
  }

  onMounted(() => window.addEventListener("keydown", pressed));
  onBeforeUnmount(() => window.removeEventListener("keydown", pressed));
}
