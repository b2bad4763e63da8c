/**
 * The fetched policies. Each is fetched once; the least recently used is dropped, and all are dropped when the run
 * has another past.
 */

import { defineStore } from "pinia";
import { markRaw, ref, watch } from "vue";
import { formatBeside, type BesideKey } from "@/lib/address";
import { api } from "@/lib/api";
import type { EpisodeRange, Policy } from "@/lib/messages";
import { recent } from "@/lib/recent";
import { useLive } from "@/stores/live";
import { networkOf, type Network } from "@/lib/network";

/** Number of kept policies. A network of the default run takes 110 kB: enough of them for a film of the whole run. */
const REMEMBERED = 120;

export interface Mind {
  policy: Policy;
  network: Network;
}

/** Names a policy: as of the end of `episode`, of another run of the server where `run` names one. */
export type PolicyKey = BesideKey;

function episodesOf({ first, last, every }: EpisodeRange): number[] {
  return Array.from({ length: 1 + Math.floor((last - first) / every) }, (_, i) => first + i * every);
}

export const usePolicies = defineStore("policies", () => {
  const live = useLive();
  /** Episodes with a recorded policy of this run, as far as the page knows; oldest first. */
  const recorded = ref<readonly number[]>([]);
  /** Episodes with a recorded policy of other runs, by run id. */
  const recordedElsewhere = ref<Readonly<Record<string, readonly number[]>>>({});
  let known = recent<string, Mind>(REMEMBERED);
  let underWay = new Map<string, Promise<Mind>>();

  function remembered(key: PolicyKey): Mind | undefined {
    return known.get(formatBeside(key));
  }

  /** Fetch a policy; callers share an open request. */
  function fetchPolicy(wanted: PolicyKey): Promise<Mind> {
    const remember = known;
    const mine = underWay;
    const { episode, run } = wanted;
    const key = formatBeside(wanted);
    const asked =
      mine.get(key) ??
      api
        .policy(episode, undefined, run)
        .then((policy) => {
          // Not reactive: a policy does not change, and one question reads it a hundred thousand times.
          const mind = { policy: markRaw(policy), network: markRaw(networkOf(policy)) };
          remember.set(key, mind);
          if (remember === known) {
            const episodes = policy.recorded_episodes.flatMap(episodesOf);
            if (run === undefined) recorded.value = episodes;
            else recordedElsewhere.value = { ...recordedElsewhere.value, [run]: episodes };
          }
          return mind;
        })
        .finally(() => mine.delete(key));
    mine.set(key, asked);
    return asked;
  }

  watch(
    () => live.trainer?.attempt,
    (_, before) => {
      if (before === undefined) return;
      known = recent(REMEMBERED);
      underWay = new Map();
      recorded.value = [];
    },
  );

  return { recorded, recordedElsewhere, remembered, fetchPolicy };
});
