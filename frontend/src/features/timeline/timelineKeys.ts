/** The keys of the timeline while it has the focus; elsewhere these keys scroll the page. */

import type { useTimeControl } from "@/stores/timeControl";
import { keyTarget } from "./scale";
import { ZOOM_STEP } from "./timelineWindow";

export const TIMELINE_KEYS = [
  { key: "← →", does: "one episode back or on; ten with Shift" },
  { key: "Page Up, Page Down", does: "a hundred episodes back or on" },
  { key: "Home, End", does: "go to the first episode, to the newest" },
  { key: "Space", does: "play the history, or pause it" },
  { key: "+ −", does: "zoom the timeline in or out" },
  { key: "0", does: "show the whole run on the timeline" },
] as const;

/** Do the action of `event`, and then prevent scrolling. `zoom` zooms by a factor; null shows the whole run. */
export function handleTimelineKey(
  event: KeyboardEvent,
  timeControl: ReturnType<typeof useTimeControl>,
  newest: number,
  zoom: (factor: number | null) => void,
): void {
  if (event.ctrlKey || event.metaKey || event.altKey || newest === 0) return;
  const others: Record<string, () => void> = {
    " ": timeControl.togglePlaying,
    "+": () => zoom(ZOOM_STEP),
    "=": () => zoom(ZOOM_STEP),
    "-": () => zoom(1 / ZOOM_STEP),
    "0": () => zoom(null),
  };
  const target = keyTarget(event, timeControl.episode, newest);
  const act = target === null ? others[event.key] : undefined;
  if (target === null && !act) return;
  event.preventDefault();
  if (act) act();
  else if (event.key === "Home" || event.key === "End") timeControl.seek(target!);
  else timeControl.scrub(target!);
}
