/** The recorded episode that walks on the map, and the step at which it is shown. */

import { defineStore } from "pinia";
import { ref, shallowRef } from "vue";
import type { EpisodeReplay } from "@/lib/messages";

export const useWalk = defineStore("walk", () => {
  const replay = shallowRef<EpisodeReplay | null>(null);
  const step = ref(0);
  return { replay, step };
});
