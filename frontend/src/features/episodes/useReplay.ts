/** Fetches recorded episodes and keeps the newest ones. */

import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import type { EpisodeReplay } from "@/lib/messages";
import { api } from "@/lib/api";
import { formatEpisodeKey, type EpisodeKey } from "@/lib/address";

export interface Recording {
  replay: ShallowRef<EpisodeReplay | null>;
  error: Ref<string | null>;
}

/**
 * Fetches the recording of the episode `wanted`, from another run where `run` names one, after each change of
 * either.
 */
export function useReplay(
  wanted: () => EpisodeKey | null,
  run: () => string | undefined = () => undefined,
): Recording {
  const replay = shallowRef<EpisodeReplay | null>(null);
  const error = ref<string | null>(null);
  let abort: AbortController | null = null;

  async function fetchReplay(key: EpisodeKey): Promise<void> {
    abort?.abort();
    const mine = (abort = new AbortController());
    try {
      const found = await api.replay(key.episode, key.attempt, mine.signal, run());
      if (mine.signal.aborted) return;
      replay.value = found;
      error.value = null;
    } catch (reason) {
      if (mine.signal.aborted) return;
      replay.value = null;
      error.value = reason instanceof Error ? reason.message : String(reason);
    }
  }

  watch(
    () => {
      const key = wanted();
      return key === null ? null : `${run() ?? ""} ${formatEpisodeKey(key)}`;
    },
    () => {
      const key = wanted();
      if (key !== null) void fetchReplay(key);
    },
    { immediate: true },
  );
  onScopeDispose(() => abort?.abort());
  return { replay, error };
}
