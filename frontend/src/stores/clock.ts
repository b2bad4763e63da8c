/** The time, once a second, for texts on the age of something. */

import { defineStore } from "pinia";
import { useTimestamp } from "@vueuse/core";
import { ref } from "vue";
import { STILL } from "@/lib/still";

export const useClock = defineStore("clock", () => {
  // On a still page the time does not change.
  return { now: STILL ? ref(Date.now()) : useTimestamp({ interval: 1000 }) };
});
