/** What the viewer chose to see beside the moment: the map's layer, and two episodes side by side. */

import { defineStore } from "pinia";
import { ref } from "vue";
import type { EpisodeKey, MapLayer } from "@/lib/address";

export const useView = defineStore("view", () => {
  const map = ref<MapLayer>("visits");
  const compare = ref<[EpisodeKey, EpisodeKey] | null>(null);
  return { map, compare };
});
