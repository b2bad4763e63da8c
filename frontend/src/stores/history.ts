/** The landmarks, stages and attempts of the whole run. */

import { defineStore } from "pinia";
import { computed } from "vue";
import { api } from "@/lib/api";
import { count } from "@/lib/format";
import { usePolled } from "@/lib/usePolled";

export const useHistory = defineStore("history", () => {
  const annotations = usePolled(api.annotations, 5_000);
  const stages = usePolled(api.stages, 5_000);
  const noveltyScale = usePolled(api.noveltyScale, 20_000);
  const baseline = usePolled(api.baseline, 60_000);
  const attempts = usePolled(api.attempts, 30_000);
  const survival = usePolled((signal) => api.series("survival_time", { points: 400 }, signal), 10_000);

  /** The kinds with more landmarks than the page shows: "150 of 300 resumed"; "" where all are shown. */
  const thinnedMarks = computed(() => {
    const { counts, marks } = annotations.value.value ?? { counts: {}, marks: [] };
    return Object.entries(counts)
      .map(([kind, all]) => ({ kind, all, shown: marks.filter((mark) => mark.kind === kind).length }))
      .filter(({ all, shown }) => shown < all)
      .map(({ kind, all, shown }) => `${count(shown)} of ${count(all)} ${kind}`)
      .join(", ");
  });
  /** A sentence where a run has so many attempts that only the newest are shown. */
  const thinned = computed(() => {
    const known = attempts.value.value ?? [];
    const all = known.at(-1)?.attempt ?? 0;
    return known.length < all ? ` (the newest ${count(known.length)} of ${count(all)} attempts)` : "";
  });
  /** Attempts with superseded episodes: a later attempt resumed from before their end. */
  const superseded = computed(() =>
    (attempts.value.value ?? []).filter((a) => a.kept_until < a.last_episode),
  );

  return {
    annotations: computed(() => annotations.value.value?.marks ?? null),
    thinnedMarks,
    stages: stages.value,
    baseline: baseline.value,
    noveltyScale: noveltyScale.value,
    attempts: attempts.value,
    survival: survival.value,
    superseded,
    thinned,
  };
});
