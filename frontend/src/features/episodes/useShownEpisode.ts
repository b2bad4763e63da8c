/**
 * The episode on the map. At a past moment: the episode of the moment. Live: the newest episode, each time an
 * episode has ended.
 */

import { useTimeoutFn } from "@vueuse/core";
import { computed, ref, watch, watchEffect } from "vue";
import { caption, lengthOf, levelsAt, walkerAt } from "@/features/town/walker";
import { STILL } from "@/lib/still";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";
import { useWalk } from "@/stores/walk";
import { nextEpisode } from "./episodeRound";
import { END_PAUSE_MS, leastPaceOf, LIVE_MS } from "./livePace";
import { useNextDue } from "./useNextDue";
import { usePlayer } from "./usePlayer";
import { useReplay } from "./useReplay";

export function useShownEpisode() {
  const live = useLive();
  const timeControl = useTimeControl();
  const due = useNextDue();
  const liveEpisode = ref<number | null>(null);
  let newestShown: number | null = null;

  const recording = useReplay(() => {
    const episode = timeControl.following ? liveEpisode.value : timeControl.settled;
    return episode === null || episode < 1 || episode > live.newest ? null : { episode };
  });
  const replay = recording.replay;
  const newerWaits = computed(
    () => timeControl.following && replay.value !== null && live.newest > replay.value.metrics.episode_id,
  );
  /** Repeated episodes are not the newest ones, although no newer episode waits. */
  const goingRound = ref(false);
  const player = usePlayer({
    recording: () => replay.value,
    length: () => (replay.value ? lengthOf(replay.value) : 0),
    startPlaying: () => !timeControl.playing,
    startStep: () => (timeControl.following ? null : timeControl.startStep),
    leastPace: () =>
      newerWaits.value && !goingRound.value && replay.value ? leastPaceOf(lengthOf(replay.value)) : 0,
  });

  function showNext(): void {
    if (live.newest === 0) return;
    const next = nextEpisode(liveEpisode.value, newestShown, live.newest);
    goingRound.value = next !== live.newest;
    newestShown = live.newest;
    if (next === liveEpisode.value && player.atEnd.value) player.toggle();
    liveEpisode.value = next;
  }
  function showNewest(): void {
    newestShown = null;
    showNext();
  }
  watch([() => live.newest > 0, () => timeControl.following], showNewest, { immediate: true });
  // The first episode after a jump is shown at once, not after the end of the present one.
  watch(
    () => live.state?.recovery.moved_at,
    (moved, before) => {
      if (moved != null && before === null && player.playing.value) showNewest();
    },
  );

  const endPause = useTimeoutFn(
    () => {
      if (player.atEnd.value && timeControl.following) showNext();
    },
    END_PAUSE_MS,
    { immediate: false },
  );
  watch([player.playing, () => live.newest, () => timeControl.following, recording.error], ([playing]) => {
    if (!STILL && !playing && player.atEnd.value && timeControl.following && !endPause.isPending.value)
      endPause.start();
  });
  // A paused live episode stays; a playing one ends early once a newer one has come.
  const turn = useTimeoutFn(cutToNewest, LIVE_MS, { immediate: false });
  function cutToNewest(): void {
    if (!turn.isPending.value && timeControl.following && player.playing.value && live.newest !== newestShown)
      showNewest();
  }
  watch(replay, () => turn.start());
  watch(() => live.newest, cutToNewest);

  const walker = computed(() =>
    replay.value && live.run && !timeControl.playing
      ? walkerAt(replay.value, player.step.value, live.run, player.actualPace.value)
      : null,
  );
  const levels = computed(() => (replay.value ? levelsAt(replay.value, player.step.value) : null));
  const words = computed(() => {
    if (timeControl.playing)
      return `History passes at ${timeControl.speed} ${timeControl.speed === 1 ? "episode" : "episodes"} a second.`;
    if (!replay.value) return recording.error.value ?? "No episode to watch yet.";
    const pace = player.actualPace.value > player.pace.value ? player.actualPace.value : null;
    const said = caption(replay.value, player.step.value, timeControl.following ? live.newest : null, pace);
    return timeControl.following && due.value ? `${said} ${due.value}` : said;
  });

  const walk = useWalk();
  watchEffect(() => {
    walk.replay = replay.value;
    walk.step = player.step.value;
  });

  return { replay, player, walker, levels, words };
}
