/** The scenes of the run, and the texts of the chosen one. */

import { computed } from "vue";
import { useHistory } from "@/stores/history";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";
import { scenesOf, sentencesOf, type Scene } from "./tour";

export function useTour(scene: () => Scene | null) {
  const live = useLive();
  const history = useHistory();
  const timeControl = useTimeControl();
  const scenes = computed(() =>
    live.run && history.annotations && history.stages
      ? scenesOf(live.run, live.newest, history.stages, history.annotations, live.state?.recovery ?? null)
      : [],
  );
  const sentences = computed(() => {
    const now = scene();
    const state = timeControl.shown;
    if (!now || !live.run || !state || state.episode !== now.episode) return null;
    return sentencesOf(now, state, live.run);
  });
  return { scenes, sentences };
}
