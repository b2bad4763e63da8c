/** Fetches the policy of an episode that may change with every event of a drag. */

import { ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { formatBeside } from "@/lib/address";
import { useConnection } from "@/stores/connection";
import { usePolicies, type Mind, type PolicyKey } from "@/stores/policies";

export interface FetchedPolicy {
  /** The newest policy that has come; the one before it until then. Null before the first, and without an episode. */
  mind: ShallowRef<Mind | null>;
  error: Ref<string | null>;
}

/**
 * `wanted` names the policy of a moment, null for none. One request is open at a time; after its answer only the
 * policy wanted by then is requested.
 */
export function usePolicy(wanted: () => PolicyKey | null): FetchedPolicy {
  const policies = usePolicies();
  const connection = useConnection();
  const mind = shallowRef<Mind | null>(null);
  const error = ref<string | null>(null);
  let asking = false;

  /** Show the wanted policy if it is kept; otherwise return the policy to request. */
  function missing(): PolicyKey | null {
    const key = wanted();
    if (key === null) {
      mind.value = null;
      return null;
    }
    const remembered = policies.remembered(key);
    if (remembered === undefined) return key;
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

  const name = (): string | null => {
    const key = wanted();
    return key && formatBeside(key);
  };
  watch([name, () => connection.line], () => void fetchWanted(), { immediate: true });
  return { mind, error };
}
