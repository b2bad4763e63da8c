/** The policy of an episode that may change with every movement of a hand. */

import { ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { useConnection } from "@/stores/connection";
import { usePolicies, type Mind } from "./policies";

export interface FetchedPolicy {
  /** The newest one that has come; the one before it until then. Null before the first, and for no episode. */
  mind: ShallowRef<Mind | null>;
  error: Ref<string | null>;
}

/**
 * `wanted` is the episode that a policy is recorded of. One request is under way at a time; when its answer
 * comes, only the policy wanted by then is asked for.
 */
export function usePolicy(wanted: () => number | null): FetchedPolicy {
  const policies = usePolicies();
  const connection = useConnection();
  const mind = shallowRef<Mind | null>(null);
  const error = ref<string | null>(null);
  let asking = false;

  /** Show the policy wanted if it is remembered; otherwise return the episode to ask for. */
  function missing(): number | null {
    const episode = wanted();
    if (episode === null) {
      mind.value = null;
      return null;
    }
    const remembered = policies.remembered(episode);
    if (remembered === undefined) return episode;
    mind.value = remembered;
    error.value = null;
    return null;
  }

  async function fetchWanted(): Promise<void> {
    if (asking) return;
    asking = true;
    try {
      for (let asked = missing(); asked !== null; asked = missing()) {
        const found = await policies.fetchPolicy(asked);
        if (wanted() !== null) mind.value = found;
      }
    } catch (reason) {
      error.value = reason instanceof Error ? reason.message : String(reason);
    } finally {
      asking = false;
    }
  }

  watch([wanted, () => connection.line], () => void fetchWanted(), { immediate: true });
  return { mind, error };
}
