/** The town of the second policy: of another time, or of another run. */

import { computed, ref, shallowRef, watch, type Ref } from "vue";
import { formatBeside, type BesideKey } from "@/lib/address";
import { api } from "@/lib/api";
import type { Placement } from "@/lib/messages";
import { useLive } from "@/stores/live";

interface Fetched<T> {
  value: Ref<T | null>;
  error: Ref<string | null>;
}

/** The answer of `read` for the wanted policy; null until it is known, and without a policy. */
function useFetched<T>(wanted: () => BesideKey | null, read: (key: BesideKey) => Promise<T>): Fetched<T> {
  const value = shallowRef<T | null>(null);
  const error = ref<string | null>(null);
  const name = (): string | null => {
    const key = wanted();
    return key && formatBeside(key);
  };
  watch(
    name,
    async (now) => {
      value.value = error.value = null;
      const key = wanted();
      if (key === null) return;
      try {
        const answer = await read(key);
        if (name() === now) value.value = answer;
      } catch (reason) {
        if (name() === now) error.value = reason instanceof Error ? reason.message : String(reason);
      }
    },
    { immediate: true },
  );
  return { value, error };
}

/** The layout at the end of an episode. */
export function useLayoutOf(wanted: () => BesideKey | null): Fetched<Placement[]> {
  return useFetched(wanted, async ({ episode, run }) => (await api.state(episode, undefined, run)).layout);
}

/** Fetches the size and the layout of the town of the second policy. */
export function useBeside(beside: Ref<BesideKey | null>) {
  const live = useLive();
  const layout = useLayoutOf(() => beside.value);
  const elsewhere = useFetched(
    () => (beside.value?.run === undefined ? null : beside.value),
    ({ run }) => api.run(run!),
  );
  const town = computed(() => {
    const run = beside.value?.run === undefined ? live.run : elsewhere.value.value;
    if (!run || !layout.value.value) return null;
    const { width, height, walls, water } = run;
    return { width, height, walls, water, layout: layout.value.value };
  });
  return { town, error: computed(() => layout.error.value ?? elsewhere.error.value) };
}
