/** What the whole run holds so far: its landmarks, its stages and its attempts. */

import { defineStore } from "pinia";
import { computed } from "vue";
import { api } from "@/lib/api";
import { usePolled } from "@/lib/usePolled";

export const useHistory = defineStore("history", () => {
  const annotations = usePolled(api.annotations, 5_000);
  const stages = usePolled(api.stages, 5_000);
  const noveltyScale = usePolled(api.noveltyScale, 20_000);
  const baseline = usePolled(api.baseline, 60_000);
  const attempts = usePolled(api.attempts, 30_000);
  const survival = usePolled((signal) => api.series("survival_time", { points: 400 }, signal), 10_000);

  /** Attempts of which a part was superseded: a later attempt resumed from before their end. */
  const superseded = computed(() =>
    (attempts.value.value ?? []).filter((a) => a.kept_until < a.last_episode),
  );

  return {
    annotations: computed(() => annotations.value.value?.marks ?? null),
    /** How many marks of each kind there are; very many of one kind are thinned out. */
    markCounts: computed(() => annotations.value.value?.counts ?? {}),
    stages: stages.value,
    baseline: baseline.value,
    noveltyScale: noveltyScale.value,
    attempts: attempts.value,
    survival: survival.value,
    superseded,
  };
});
