/**
 * The moment the viewer looks at: the live one, or any episode of the past. Every panel reads `shown`.
 *
 * Seeks are coalesced: one request is under way at a time, and when its answer comes only the newest wish is
 * asked for next, so a fast drag never queues up behind itself.
 */

import { defineStore } from "pinia";
import { computed, ref, shallowRef, watch } from "vue";
import type { State, StateAt } from "@/lib/messages";
import { recent } from "@/lib/recent";
import { useConnection } from "./connection";
import { useLive } from "./live";
import { formatView, parseView, type EpisodeKey, type MapLayer, type Speed, type View } from "@/lib/address";

const REMEMBERED_STATES = 400;
/** A drag that pauses for so long has arrived, for whatever is too heavy to follow every step of it. */
const REST_MS = 160;

export const useTimeControl = defineStore("timeControl", () => {
  const connection = useConnection();
  const live = useLive();
  const start = parseView(window.location.search);

  const wanted = ref<number | null>(start.episode);
  const speed = ref<Speed>(start.speed);
  const map = ref<MapLayer>(start.map);
  const compare = ref<[EpisodeKey, EpisodeKey] | null>(start.compare);
  const playing = ref(false);
  const past = shallowRef<State | null>(null);
  let known = recent<number, State>(REMEMBERED_STATES);
  let request = 0;
  let underWay: { request: number; episode: number } | null = null;

  const isLive = computed(() => wanted.value === null);
  const shown = computed<State | null>(() => (isLive.value ? live.state : past.value));
  /** The episode the handle stands at; 0 while nothing has happened yet. */
  const episode = computed(() => wanted.value ?? live.newest);

  /** `wanted`, once it has come to rest: what recordings and pictures are fetched for. */
  const settled = ref<number | null>(start.episode);
  let resting: ReturnType<typeof setTimeout> | undefined;
  watch(wanted, (now) => {
    clearTimeout(resting);
    if (now === null) settled.value = null;
    else resting = setTimeout(() => (settled.value = now), REST_MS);
  });

  function seek(target: number): void {
    if (live.newest === 0) return;
    const clamped = Math.min(Math.max(1, Math.round(target)), live.newest);
    wanted.value = clamped;
    ask();
  }

  function goLive(): void {
    playing.value = false;
    if (isLive.value) return;
    wanted.value = null;
    past.value = null;
  }

  /** Play history from here, from the start when at the present; or stop. */
  function togglePlaying(): void {
    if (!playing.value && isLive.value) seek(1);
    playing.value = !playing.value && live.newest > 0;
  }

  function ask(): void {
    const target = wanted.value;
    if (target === null || underWay !== null) return;
    const remembered = known.get(target);
    if (remembered) {
      past.value = remembered;
      return;
    }
    request += 1;
    if (connection.send({ type: "seek", episode: target, request })) underWay = { request, episode: target };
  }

  function receive(answer: StateAt): void {
    if (underWay === null || answer.request !== underWay.request) return;
    const asked = underWay.episode;
    underWay = null;
    if (answer.state) {
      known.set(asked, answer.state);
      if (!isLive.value) past.value = answer.state;
    }
    if (wanted.value !== asked) ask();
  }

  /** The server could not answer (its read model was away): another wish may be asked for. */
  function refused(asked: number | null | undefined): void {
    if (asked === underWay?.request) underWay = null;
  }

  /** After a lost connection nothing is under way any more; the moment wanted is asked for again. */
  function reconnected(): void {
    underWay = null;
    if (!isLive.value && past.value?.episode !== wanted.value) ask();
  }

  // An address may name an episode that the run has not reached, or that no answer came for yet.
  watch(
    () => live.newest,
    (newest) => {
      if (wanted.value !== null && newest > 0 && past.value === null && underWay === null) seek(wanted.value);
    },
  );

  // A resumed run has another past: what was remembered of the superseded one no longer holds.
  watch(
    () => live.pulse?.attempt,
    () => {
      known = recent(REMEMBERED_STATES);
      if (!isLive.value) ask();
    },
  );

  const view = computed<View>(() => ({
    episode: wanted.value,
    speed: speed.value,
    map: map.value,
    compare: compare.value,
  }));
  let written: ReturnType<typeof setTimeout> | undefined;
  watch(view, (now) => {
    // Browsers refuse a page that rewrites its address hundreds of times a minute, as a drag would.
    clearTimeout(written);
    written = setTimeout(
      () => history.replaceState(null, "", window.location.pathname + formatView(now)),
      200,
    );
  });

  return {
    settled,
    speed,
    map,
    compare,
    playing,
    isLive,
    shown,
    episode,
    seek,
    goLive,
    togglePlaying,
    receive,
    refused,
    reconnected,
  };
});
