/** The episode that walks on the map: of the moment looked at, or, following, the newest one whenever one is over. */

import { useTimeoutFn } from "@vueuse/core";
import { computed, ref, watch, watchEffect } from "vue";
import { caption, lengthOf, levelsAt, walkerAt } from "@/features/town/walker";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";
import { useWalk } from "@/stores/walk";
import { nextEpisode } from "./episodeRound";
import { usePlayer } from "./usePlayer";
import { useReplay } from "./useReplay";

/** How long the end of an episode stays on the map before the next one begins. */
const END_PAUSE_MS = 2_500;

export function useShownEpisode() {
  const live = useLive();
  const timeControl = useTimeControl();

  const liveEpisode = ref<number | null>(null);
  let newestShown: number | null = null;
  const recording = useReplay(() => {
    const episode = timeControl.following ? liveEpisode.value : timeControl.settled;
    return episode === null || episode < 1 || episode > live.newest ? null : { episode };
  });
  const replay = recording.replay;
  const player = usePlayer(
    () => replay.value,
    () => (replay.value ? lengthOf(replay.value) : 0),
    () => !timeControl.playing,
  );

  function showNext(): void {
    if (live.newest === 0) return;
    const next = nextEpisode(liveEpisode.value, newestShown, live.newest);
    newestShown = live.newest;
    if (next === liveEpisode.value && player.atEnd.value) player.toggle();
    liveEpisode.value = next;
  }
  watch(
    [() => live.newest > 0, () => timeControl.following],
    () => {
      newestShown = null;
      showNext();
    },
    { immediate: true },
  );
  const endPause = useTimeoutFn(
    () => {
      if (player.atEnd.value && timeControl.following) showNext();
    },
    END_PAUSE_MS,
    { immediate: false },
  );
  watch([player.playing, () => live.newest, () => timeControl.following, recording.error], ([playing]) => {
    if (!playing && player.atEnd.value && timeControl.following && !endPause.isPending.value)
      endPause.start();
  });

  const walker = computed(() =>
    replay.value && live.run && !timeControl.playing
      ? walkerAt(replay.value, player.step.value, live.run, player.pace.value)
      : null,
  );
  const levels = computed(() => (replay.value ? levelsAt(replay.value, player.step.value) : null));
  const words = computed(() => {
    if (timeControl.playing)
      return `History passes at ${timeControl.speed} ${timeControl.speed === 1 ? "episode" : "episodes"} a second.`;
    return replay.value
      ? caption(replay.value, player.step.value)
      : (recording.error.value ?? "No life to watch yet.");
  });

  const walk = useWalk();
  watchEffect(() => {
    walk.replay = replay.value;
    walk.step = player.step.value;
  });

  return { replay, player, walker, levels, words };
}
