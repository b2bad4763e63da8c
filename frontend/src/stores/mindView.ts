/** What the viewer asks the policy about: the levels of the meters, the cell, the colours, the policy beside it. */

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
  return { levels, cell, colouring, beside };
});
