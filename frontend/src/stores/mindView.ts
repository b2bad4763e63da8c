/** The viewer's question to the policy: levels, cell, colours, second policy, action, two meters. */

import { defineStore } from "pinia";
import { ref } from "vue";
import type { BesideKey, Colouring, Place } from "@/lib/address";

export const useMindView = defineStore("mindView", () => {
  /** Levels from 0 to 1 in the order of the run's meters; null: those of the walking agent, step by step. */
  const levels = ref<number[] | null>(null);
  /** Null: the cell of the walking agent. */
  const cell = ref<Place | null>(null);
  const colouring = ref<Colouring>("destinations");
  const beside = ref<BesideKey | null>(null);
  /** Names and no indices: another run has other actions and meters, and a name that it does not have is ignored. */
  const against = ref<string | null>(null);
  const over = ref<[string, string] | null>(null);
  return { levels, cell, colouring, beside, against, over };
});
