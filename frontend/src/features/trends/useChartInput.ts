/** The pointers and keys of a chart: crosshair, jump to an episode, zoom. */

import { computed, ref, type Ref } from "vue";
import { useTimeControl } from "@/stores/timeControl";
import { useZoom } from "@/stores/zoom";

interface Surface {
  box: Readonly<Ref<HTMLElement | null>>;
  pixelOf(episode: number): number;
  episodeOf(pixel: number): number;
  /** The range of episodes of the chart. */
  span(): { first: number; last: number };
  hover(episode: number | null): void;
}

/** Greatest movement of a click, in CSS pixels. */
const CLICK = 8;
/** Step of the crosshair for a key, as a share of the range, and factor of the zoom. */
const KEY_STEP = 1 / 50;
const KEY_ZOOM = 2;

export function useChartInput({ box, pixelOf, episodeOf, span, hover }: Surface) {
  const timeControl = useTimeControl();
  const zoom = useZoom();
  /** The position of the crosshair, in CSS pixels. */
  const pointer = ref<number | null>(null);
  const dragFrom = ref<number | null>(null);
  /** The position of each finger, and the episodes under the two fingers when the second touched. */
  const fingers = new Map<number, number>();
  let pinched: [number, number] | null = null;

  const xOf = (event: PointerEvent): number => event.clientX - box.value!.getBoundingClientRect().left;
  const ends = (): [number, number] => [...fingers.values()].sort((a, b) => a - b) as [number, number];

  function down(event: PointerEvent): void {
    if (event.pointerType === "mouse") {
      if (event.button === 0) dragFrom.value = xOf(event);
      return;
    }
    fingers.set(event.pointerId, xOf(event));
    if (fingers.size === 2) pinched = ends().map(episodeOf) as [number, number];
  }

  function move(event: PointerEvent): void {
    pointer.value = xOf(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, pointer.value);
    hover(episodeOf(pointer.value));
  }

  function up(event: PointerEvent): void {
    const to = xOf(event);
    if (fingers.size === 2 && pinched) {
      pinch(pinched, ends());
      pinched = null;
      fingers.clear();
      return;
    }
    const wasFinger = fingers.delete(event.pointerId);
    const from = dragFrom.value;
    dragFrom.value = null;
    if (from !== null && Math.abs(to - from) > CLICK) {
      zoom.zoomTo(episodeOf(from), episodeOf(to));
      // After the zoom another episode is under the pointer, which the viewer did not point at.
      pointer.value = null;
      hover(null);
    } else if (from !== null || wasFinger) timeControl.seek(episodeOf(to));
  }

  /** Show the range in which the two episodes that the fingers touched are at the fingers' positions. */
  function pinch([a, b]: [number, number], [left, right]: [number, number]): void {
    const { first, last } = span();
    const perPixel = (b - a) / Math.max(1, right - left);
    const start = a - (left - pixelOf(first)) * perPixel;
    const end = b + (pixelOf(last) - right) * perPixel;
    if (end - start >= last - first && !zoom.stretch) return;
    zoom.zoomTo(start, end);
  }

  function leave(): void {
    pointer.value = dragFrom.value = null;
    fingers.clear();
    pinched = null;
    hover(null);
  }

  function key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { first, last } = span();
    const here = pointer.value === null ? Math.round((first + last) / 2) : episodeOf(pointer.value);
    const step = Math.max(1, Math.round((last - first) * (event.shiftKey ? 5 : 1) * KEY_STEP));
    const zoomBy = (factor: number): void => {
      const half = ((last - first) * factor) / 2;
      zoom.zoomTo(here - half, here + half);
    };
    const actions: Record<string, () => void> = {
      ArrowLeft: () => moveTo(Math.max(first, here - step)),
      ArrowRight: () => moveTo(Math.min(last, here + step)),
      Enter: () => timeControl.seek(here),
      "+": () => zoomBy(1 / KEY_ZOOM),
      "-": () => zoomBy(KEY_ZOOM),
      Escape: () => zoom.reset(),
    };
    const action = actions[event.key === "=" ? "+" : event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  function moveTo(episode: number): void {
    pointer.value = pixelOf(episode);
    hover(episode);
  }

  const selection = computed(() => {
    if (dragFrom.value === null || pointer.value === null) return null;
    const [a, b] = [dragFrom.value, pointer.value].sort((x, y) => x - y) as [number, number];
    return { x: a, width: b - a };
  });

  return { pointer, selection, down, move, up, leave, key };
}
