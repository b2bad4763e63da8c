/**
 * The moment the viewer looks at. Every panel reads `shown`.
 *
 * Seeks are coalesced: one request is under way at a time, and when its answer comes only the episode wanted
 * by then is asked for, so a fast drag never queues up behind itself.
 */

import { defineStore } from "pinia";
import { computed, ref, shallowRef, watch } from "vue";
import { watchDebounced } from "@vueuse/core";
import type { Speed, Stretch } from "@/lib/address";
import { api } from "@/lib/api";
import type { State } from "@/lib/messages";
import { recent } from "@/lib/recent";
import { STILL } from "@/lib/still";
import { useConnection } from "./connection";
import { useLive } from "./live";

/** Paused at an episode of the past, playing from there towards the present, or following the present. */
export type PlayState = "paused" | "playing" | "following";

const REMEMBERED_STATES = 400;
/** A drag that pauses for so long has arrived, for whatever is too heavy to follow every step of it. */
const REST_MS = 160;

export const useTimeControl = defineStore("timeControl", () => {
  const connection = useConnection();
  const live = useLive();

  const playState = ref<PlayState>("following");
  /** Episodes a second while playing. */
  const speed = ref<Speed>(1);
  /** The episode of the past looked at; null while following. */
  const cursor = ref<number | null>(null);
  /** `cursor`, once it has come to rest: the episode for which recordings and pictures are fetched. */
  const settled = ref<number | null>(null);
  /** The episode an address asked for although the run has no such episode; null when there is nothing to say. */
  const missing = ref<number | null>(null);
  /** The stretch that history goes round and round; null when it plays on to the present. */
  const loop = ref<Stretch | null>(null);
  /** How often the viewer has jumped to another moment, each time to be undone by the browser's Back. */
  const jumps = ref(0);
  /** The step from which the recording of the episode looked at is shown; null is its beginning. */
  const startStep = ref<number | null>(null);
  const past = shallowRef<State | null>(null);

  const following = computed(() => playState.value === "following");
  const playing = computed(() => playState.value === "playing");
  const shown = computed<State | null>(() => (following.value ? live.state : past.value));
  /** The episode the handle stands at; 0 while nothing has happened yet. */
  const episode = computed(() => cursor.value ?? live.newest);

  watchDebounced(cursor, (now) => (settled.value = now), {
    debounce: () => (cursor.value === null || STILL ? 0 : REST_MS),
  });

  /** Look at the episode an address names (null: at the present), also before anything is known of the run. */
  function restore(at: number | null, step: number | null = null): void {
    if (at === null) return stopAtPresent();
    playState.value = "paused";
    startStep.value = step;
    cursor.value = settled.value = at;
    clamp();
    void fetchWanted();
  }

  /** Jump to an episode, at a step of its recording, and stop there; Back undoes it. Nothing happens before the first episode is finished. */
  function seek(target: number, step: number | null = null): void {
    if (live.newest === 0) return;
    jumps.value += 1;
    scrub(target);
    startStep.value = step;
  }

  /** Stop at an episode on the way, as a drag or a key does: Back does not go through every one of them. */
  function scrub(target: number): void {
    if (live.newest === 0) return;
    playState.value = "paused";
    moveTo(target);
  }

  /** Go to the present and stay with it; Back undoes it. */
  function follow(): void {
    if (!following.value) jumps.value += 1;
    stopAtPresent();
  }

  function stopAtPresent(): void {
    playState.value = "following";
    cursor.value = past.value = missing.value = startStep.value = null;
  }

  /** Play history from here, from the first episode when following; or pause. */
  function togglePlaying(): void {
    if (live.newest === 0) return;
    const from = cursor.value ?? loop.value?.first ?? 1;
    playState.value = playing.value ? "paused" : "playing";
    moveTo(from);
  }

  /** Move on by so many episodes: round the loop if there is one, otherwise until the present is reached. */
  function advance(episodes: number): void {
    const target = episode.value + episodes;
    const end = loop.value && Math.min(loop.value.last, live.newest);
    if (loop.value && end !== null && target > end) moveTo(loop.value.first);
    else if (loop.value === null && target >= live.newest) stopAtPresent();
    else moveTo(target);
  }

  function moveTo(target: number): void {
    missing.value = startStep.value = null;
    cursor.value = Math.min(Math.max(1, Math.round(target)), live.newest);
    void fetchWanted();
  }

  let known = recent<number, State>(REMEMBERED_STATES);
  let asking = false;

  /** Show the moment looked at if it is remembered; otherwise return the episode to ask for. */
  function wanted(): number | null {
    if (cursor.value === null || live.newest === 0) return null;
    const remembered = known.get(cursor.value);
    if (remembered === undefined) return cursor.value;
    past.value = remembered;
    return null;
  }

  async function fetchWanted(): Promise<void> {
    if (asking) return;
    asking = true;
    try {
      for (let asked = wanted(); asked !== null; asked = wanted()) {
        const memory = known;
        const state = await api.state(asked);
        if (memory !== known) continue;
        memory.set(asked, state);
        if (!following.value) past.value = state;
      }
    } catch {
      // The server is away; the moment is asked for again as soon as the server sends a state.
    } finally {
      asking = false;
    }
  }

  // A reconnected server, or a read model that is back, may answer what was not answered before.
  watch([() => connection.line, () => live.state], () => void fetchWanted());

  // An address may name an episode that the run does not have, and a resumed run may have lost the one shown.
  watch(() => live.newest, clamp);

  function clamp(): void {
    if (live.newest === 0 || cursor.value === null || cursor.value <= live.newest) return;
    const asked = cursor.value;
    scrub(live.newest);
    missing.value = asked;
  }

  // A resumed run has another past: what was remembered of the superseded one no longer holds.
  watch(
    () => live.trainer?.attempt,
    (_, before) => {
      if (before === undefined) return;
      known = recent(REMEMBERED_STATES);
      void fetchWanted();
    },
  );

  return {
    playState,
    following,
    playing,
    speed,
    episode,
    settled,
    missing,
    loop,
    jumps,
    startStep,
    shown,
    restore,
    seek,
    scrub,
    follow,
    togglePlaying,
    advance,
  };
});
