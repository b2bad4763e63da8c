/** The pointers on the track: a click jumps, a drag scrubs, two fingers or the wheel zoom. */

import { useEventListener } from "@vueuse/core";
import { type Ref } from "vue";
import { ZOOM_STEP } from "./timelineWindow";

export interface TrackActions {
  episodeAt(fraction: number): number;
  /** The episode of a click at `fraction`: the episode of a landmark where one is near. */
  clicked(fraction: number): void;
  dragged(fraction: number): void;
  pinched(held: [number, number], fractions: [number, number]): void;
  /** Zoom; false when there is nothing to zoom, so that the page may scroll. */
  zoomed(factor: number, fraction: number): boolean;
  /** Move the window by a share of its length; false while the whole run is shown. */
  panned(by: number): boolean;
}

/** Greatest movement of a click. */
const CLICK_PX = 3;
/** Pixels of one step of a wheel, and of one line for browsers that count lines. */
const NOTCH_PX = 100;
const LINE_PX = 33;
/** A pinch on a touchpad arrives as a wheel event with the control key, in smaller steps. */
const TOUCHPAD = 8;

export function useTrackPointers(track: Ref<HTMLElement | undefined>, actions: TrackActions): void {
  /** Positions of the fingers on the track (0 to 1), by pointer. */
  const fingers = new Map<number, number>();
  let from: number | null = null;
  let dragging = false;
  let held: [number, number] | null = null;

  function fractionOf(event: MouseEvent): number {
    const box = track.value!.getBoundingClientRect();
    return (event.clientX - box.left) / box.width;
  }
  const two = (): [number, number] => [...fingers.values()].slice(0, 2) as [number, number];

  useEventListener(track, "pointerdown", (event: PointerEvent) => {
    if (event.button !== 0) return;
    track.value!.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, fractionOf(event));
    if (fingers.size === 1) {
      from = event.clientX;
      dragging = false;
    } else {
      from = null;
      held = two().map(actions.episodeAt) as [number, number];
    }
  });
  useEventListener(track, "pointermove", (event: PointerEvent) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, fractionOf(event));
    if (held && fingers.size > 1) actions.pinched(held, two());
    else if (from !== null) {
      dragging ||= Math.abs(event.clientX - from) > CLICK_PX;
      if (dragging) actions.dragged(fractionOf(event));
    }
  });
  function lifted(event: PointerEvent): void {
    if (!fingers.delete(event.pointerId)) return;
    if (from !== null && !dragging && event.type === "pointerup") actions.clicked(fractionOf(event));
    from = null;
    held = null;
  }
  useEventListener(track, ["pointerup", "pointercancel"], lifted);

  useEventListener(
    track,
    "wheel",
    (event: WheelEvent) => {
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
      const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      const moved = (sideways ? event.deltaX || event.deltaY : event.deltaY) * unit;
      const acted = sideways
        ? actions.panned(moved / track.value!.clientWidth)
        : actions.zoomed(
            ZOOM_STEP ** ((-moved * (event.ctrlKey ? TOUCHPAD : 1)) / NOTCH_PX),
            Math.min(1, Math.max(0, fractionOf(event))),
          );
      if (acted || event.ctrlKey) event.preventDefault();
    },
    { passive: false },
  );
}
