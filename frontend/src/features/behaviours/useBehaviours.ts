/** The behaviours found up to the moment looked at, of one kind or of all, a page more whenever asked. */

import { computed, ref, watch } from "vue";
import { api } from "@/lib/api";
import { usePolled } from "@/lib/usePolled";
import { useTimeControl } from "@/stores/timeControl";

const PAGE = 20;

export function useBehaviours() {
  const timeControl = useTimeControl();
  const kind = ref<string | null>(null);
  const limit = ref(PAGE);
  const episode = computed(() => (timeControl.following ? undefined : (timeControl.settled ?? undefined)));
  const polled = usePolled(
    (signal) =>
      api.behaviours({ episode: episode.value, kind: kind.value ?? undefined, limit: limit.value }, signal),
    30_000,
  );
  watch([episode, kind, limit], polled.refresh);
  return {
    page: polled.value,
    error: polled.error,
    kind,
    choose(chosen: string | null): void {
      kind.value = chosen;
      limit.value = PAGE;
    },
    more(): void {
      limit.value += PAGE;
    },
  };
}
