/**
 * The shown moment. Every panel reads `shown`.
 *
 * Seeks are coalesced: one request is open at a time, and after its answer only the episode wanted by then is
 * requested, so that a fast drag never makes a queue.
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
/** Time without movement after which a drag has come to rest, for data that are too large for every step of it. */
const REST_MS = 160;

export const useTimeControl = defineStore("timeControl", () => {
  const connection = useConnection();
  const live = useLive();

  const playState = ref<PlayState>("following");
  /** Episodes a second while playing. */
  const speed = ref<Speed>(1);
  /** The chosen past episode; null while following. */
  const cursor = ref<number | null>(null);
  /** `cursor`, once it has come to rest: the episode for which recordings and pictures are fetched. */
  const settled = ref<number | null>(null);
  /** The episode of an address that the run does not have; null otherwise. */
  const missing = ref<number | null>(null);
  /** The range that playing repeats; null when it plays to the present. */
  const loop = ref<Stretch | null>(null);
  /** Number of jumps, each of which the browser's Back undoes. */
  const jumps = ref(0);
  /** The first step of the chosen episode's recording; null is its beginning. */
  const startStep = ref<number | null>(null);
  const past = shallowRef<State | null>(null);

  const following = computed(() => playState.value === "following");
  const playing = computed(() => playState.value === "playing");
  const shown = computed<State | null>(() => (following.value ? live.state : past.value));
  /** The episode at the handle; 0 before the first episode. */
  const episode = computed(() => cursor.value ?? live.newest);

  watchDebounced(cursor, (now) => (settled.value = now), {
    debounce: () => (cursor.value === null || STILL ? 0 : REST_MS),
  });

  /** Show the episode of an address (null: the present), also before the run is known. */
  function restore(at: number | null, step: number | null = null): void {
    if (at === null) return stopAtPresent();
    playState.value = "paused";
    startStep.value = step;
    cursor.value = settled.value = at;
    clamp();
    void fetchWanted();
  }

  /**
   * Jump to an episode, at a step of its recording, and pause; Back undoes the jump. Without effect before the end
   * of the first episode.
   */
  function seek(target: number, step: number | null = null): void {
    if (live.newest === 0) return;
    jumps.value += 1;
    scrub(target);
    startStep.value = step;
  }

  /** Pause at an episode as a step of a drag or by a key; Back skips it. */
  function scrub(target: number): void {
    if (live.newest === 0) return;
    playState.value = "paused";
    moveTo(target);
  }

  /** Go to the present and follow it; Back undoes the jump. */
  function follow(): void {
    if (!following.value) jumps.value += 1;
    stopAtPresent();
  }

  function stopAtPresent(): void {
    playState.value = "following";
    cursor.value = past.value = missing.value = startStep.value = null;
  }

  /** Play history from the shown episode, from the first episode when following; or pause. */
  function togglePlaying(): void {
    if (live.newest === 0) return;
    const from = cursor.value ?? loop.value?.first ?? 1;
    playState.value = playing.value ? "paused" : "playing";
    moveTo(from);
  }

  /** Move on by a number of episodes: within the loop if there is one, otherwise until the present. */
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

  /** Show the wanted moment if it is kept; otherwise return the episode to request. */
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
      // The request failed; the moment is requested again after the next state of the server.
    } finally {
      asking = false;
    }
  }

  // A server that is connected again may answer what it did not answer before.
  watch([() => connection.line, () => live.state], () => void fetchWanted());

  // An address may name an episode that the run does not have, and a resumed run may have lost the one shown.
  watch(() => live.newest, clamp);

  function clamp(): void {
    if (live.newest === 0 || cursor.value === null || cursor.value <= live.newest) return;
    const asked = cursor.value;
    scrub(live.newest);
    missing.value = asked;
  }

  // A resumed run has another past, so kept states of the superseded one are dropped.
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
