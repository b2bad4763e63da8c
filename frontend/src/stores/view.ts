/** The viewer's choices beside the moment: layer of the map, two episodes, scene of the tour or of a lesson. */

import { defineStore } from "pinia";
import { ref } from "vue";
import type { EpisodeKey, MapLayer } from "@/lib/address";

export const useView = defineStore("view", () => {
  const map = ref<MapLayer>("visits");
  const compare = ref<[EpisodeKey, EpisodeKey] | null>(null);
  /** The scene of the tour, from 1; null is no tour. */
  const tour = ref<number | null>(null);
  /** The name of the scene that fills the screen ("" for the first); null is the whole page. */
  const present = ref<string | null>(null);
  /** Whether the colours of novelty have the scale of the moment, not of the run. */
  const ownScale = ref(false);
  /** The garden path of the whole run, in place of that of the newest episodes. */
  const wholePath = ref(false);
  return { map, compare, tour, present, ownScale, wholePath };
});
