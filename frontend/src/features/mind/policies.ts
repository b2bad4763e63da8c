/** Policies that were fetched: each once, the least recently used forgotten, all when the run has another past. */

import { defineStore } from "pinia";
import { ref, watch } from "vue";
import { api } from "@/lib/api";
import type { Policy } from "@/lib/messages";
import { recent } from "@/lib/recent";
import { useLive } from "@/stores/live";
import { networkOf, type Network } from "./network";

/** A network of the default run takes 110 kB: enough of them for a film of the whole run. */
const REMEMBERED = 120;

export interface Mind {
  policy: Policy;
  network: Network;
}

export const usePolicies = defineStore("policies", () => {
  const live = useLive();
  /** The episodes that a policy is recorded of, as far as the page has heard; oldest first. */
  const recorded = ref<readonly number[]>([]);
  let known = recent<number, Mind>(REMEMBERED);
  let underWay = new Map<number, Promise<Mind>>();

  function remembered(episode: number): Mind | undefined {
    return known.get(episode);
  }

  /** The policy as of the end of `episode`; asked for once, however many want it. */
  function fetchPolicy(episode: number): Promise<Mind> {
    const remember = known;
    const mine = underWay;
    const asked =
      mine.get(episode) ??
      api
        .policy(episode)
        .then((policy) => {
          const mind = { policy, network: networkOf(policy) };
          remember.set(episode, mind);
          if (remember === known) recorded.value = policy.recorded_episodes;
          return mind;
        })
        .finally(() => mine.delete(episode));
    mine.set(episode, asked);
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

  return { recorded, remembered, fetchPolicy };
});
