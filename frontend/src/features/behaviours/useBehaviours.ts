/** Fetches the behaviours up to the shown episode, of one kind or of all kinds, page by page. */

import { computed, ref, watch } from "vue";
import { api } from "@/lib/api";
import { usePolled } from "@/lib/usePolled";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";

const PAGE = 20;

export function useBehaviours() {
  const live = useLive();
  const timeControl = useTimeControl();
  const kind = ref<string | null>(null);
  const limit = ref(PAGE);
  const polled = usePolled(async (signal) => {
    const episode = timeControl.settled ?? live.newest;
    const question = {
      episode: episode > 0 ? episode : undefined,
      kind: kind.value ?? undefined,
      limit: limit.value,
    };
    return { episode, page: await api.behaviours(question, signal) };
  }, 30_000);
  watch([() => timeControl.settled, kind, limit], polled.refresh);
  return {
    page: computed(() => polled.value.value?.page ?? null),
    /** The last episode that the page of results covers. */
    episode: computed(() => polled.value.value?.episode ?? 0),
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
