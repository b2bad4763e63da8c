/** Fetches the success criteria as of the shown moment. */

import { computed, watch } from "vue";
import { api } from "@/lib/api";
import { usePolled } from "@/lib/usePolled";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";

export function useScorecard() {
  const live = useLive();
  const timeControl = useTimeControl();
  const polled = usePolled(async (signal) => {
    const episode = timeControl.settled ?? live.newest;
    return { episode, criteria: await api.scorecard(episode > 0 ? episode : undefined, signal) };
  }, 20_000);
  watch(() => timeControl.settled, polled.refresh);
  return {
    criteria: computed(() => polled.value.value?.criteria ?? null),
    episode: computed(() => polled.value.value?.episode ?? 0),
    error: polled.error,
  };
}
