/** What the viewer chose to see beside the moment: the map's layer, two episodes, a scene of the tour or of a lesson. */

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
  /** Colour novelty between 0 and the highest of the moment, in place of the one scale of the run. */
  const ownScale = ref(false);
  /** The garden path of the whole run, in place of that of the newest episodes. */
  const wholePath = ref(false);
  return { map, compare, tour, present, ownScale, wholePath };
});
