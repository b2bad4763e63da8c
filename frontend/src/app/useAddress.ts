/**
 * Keeps the address and the view equal. The address is read when the page opens and when the viewer goes back or
 * forward; it is written when the view changes. A jump makes a new entry of the browser's history, a drag does
 * not.
 */

import { useEventListener, useTimeoutFn } from "@vueuse/core";
import { computed, watch } from "vue";
import { formatView, parseView, type View } from "@/lib/address";
import { addressWith, readSearch } from "@/lib/query";
import { STILL } from "@/lib/still";
import { useCharts } from "@/stores/charts";
import { useMindView } from "@/stores/mindView";
import { useTimeControl } from "@/stores/timeControl";
import { useView } from "@/stores/view";
import { useZoom } from "@/stores/zoom";

/**
 * The address is written when the view has not changed for this time: browsers refuse hundreds of changes of an
 * address in a minute, and a new entry delays the next frame.
 */
const REST_MS = 200;

export function useAddress(): void {
  const timeControl = useTimeControl();
  const view = useView();
  const zoom = useZoom();
  const charts = useCharts();
  const mindView = useMindView();

  function read(): void {
    const { episode, speed, map, compare, loop, zoom: stretch, ...start } = parseView(readSearch());
    timeControl.restore(episode, start.step);
    timeControl.speed = speed;
    timeControl.loop = loop;
    view.map = map;
    view.compare = compare;
    view.tour = start.tour;
    view.present = start.present;
    view.ownScale = start.ownScale;
    view.wholePath = start.wholePath;
    zoom.stretch = stretch;
    charts.smoothing = start.smooth;
    charts.xAxis = start.x;
    charts.logarithmic = start.log;
    mindView.levels = start.needs;
    mindView.cell = start.cell;
    mindView.colouring = start.colours;
    mindView.beside = start.beside;
    mindView.against = start.against;
    mindView.over = start.over;
  }
  read();

  const now = computed<View>(() => ({
    episode: timeControl.following ? null : timeControl.episode,
    step: timeControl.startStep,
    speed: timeControl.speed,
    map: view.map,
    ownScale: view.ownScale,
    wholePath: view.wholePath,
    zoom: zoom.stretch,
    smooth: charts.smoothing,
    x: charts.xAxis,
    log: charts.logarithmic,
    loop: timeControl.loop,
    compare: view.compare,
    tour: view.tour,
    present: view.present,
    needs: mindView.levels,
    cell: mindView.cell,
    colours: mindView.colouring,
    beside: mindView.beside,
    against: mindView.against,
    over: mindView.over,
  }));
  const addressOf = (shown: View): string => addressWith(formatView(shown, readSearch()));
  let isJump = false;
  function write(shown: View): void {
    if (isJump) history.pushState(null, "", addressOf(shown));
    else history.replaceState(null, "", addressOf(shown));
    isJump = false;
  }
  const rest = useTimeoutFn(() => write(now.value), REST_MS, { immediate: false });

  watch([now, () => timeControl.jumps], ([, jumps], [before, jumpsBefore]) => {
    // On a still page only the program that takes the picture changes the address.
    if (STILL) return;
    if (jumps !== jumpsBefore) {
      if (rest.isPending.value) write(before);
      isJump = true;
    }
    rest.start();
  });

  useEventListener(window, "popstate", () => {
    rest.stop();
    isJump = false;
    read();
  });
}
