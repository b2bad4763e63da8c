/** The life that walks on the map: of the moment looked at, or, live, the newest one whenever one is over. */

import { computed, onScopeDispose, ref, watch } from "vue";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";
import { usePlayer } from "./usePlayer";
import { useReplay } from "./useReplay";
import { caption, lengthOf, levelsAt, walkerAt } from "@/features/town/walker";

/** How long the end of a life stays on the map before the next one begins. */
const MOURNING_MS = 2_500;

export function useShownEpisode() {
  const live = useLive();
  const timeControl = useTimeControl();

  const liveEpisode = ref<number | null>(null);
  const recording = useReplay(() => {
    const episode = timeControl.isLive ? liveEpisode.value : timeControl.settled;
    return episode === null || episode < 1 ? null : { episode };
  });
  const life = recording.replay;
  const player = usePlayer(
    () => life.value,
    () => (life.value ? lengthOf(life.value) : 0),
    () => !timeControl.playing,
  );

  function nextLife(): void {
    if (live.newest > 0) liveEpisode.value = live.newest;
  }
  watch([() => live.newest > 0, () => timeControl.isLive], nextLife, { immediate: true });
  let mourning: ReturnType<typeof setTimeout> | undefined;
  watch([player.playing, () => live.newest], ([playing]) => {
    if (playing || !player.atEnd.value || !timeControl.isLive || mourning !== undefined) return;
    mourning = setTimeout(() => {
      mourning = undefined;
      if (player.atEnd.value) nextLife();
    }, MOURNING_MS);
  });
  onScopeDispose(() => clearTimeout(mourning));

  const walker = computed(() =>
    life.value && live.run && !timeControl.playing
      ? walkerAt(life.value, player.step.value, live.run, player.pace.value)
      : null,
  );
  const levels = computed(() => (life.value ? levelsAt(life.value, player.step.value) : null));
  const words = computed(() => {
    if (timeControl.playing)
      return `History passes at ${timeControl.speed} ${timeControl.speed === 1 ? "episode" : "episodes"} a second.`;
    return life.value
      ? caption(life.value, player.step.value)
      : (recording.error.value ?? "No life to watch yet.");
  });

  return { life, player, walker, levels, words };
}
