/** The recorded episode on the map, and its shown step. */

import { defineStore } from "pinia";
import { ref, shallowRef } from "vue";
import type { EpisodeReplay } from "@/lib/messages";

export const useWalk = defineStore("walk", () => {
  const replay = shallowRef<EpisodeReplay | null>(null);
  const step = ref(0);
  return { replay, step };
});
