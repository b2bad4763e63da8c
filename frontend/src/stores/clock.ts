/** The time, once a second, for everything that says how long ago something was. */

import { defineStore } from "pinia";
import { useTimestamp } from "@vueuse/core";
import { ref } from "vue";
import { STILL } from "@/lib/still";

export const useClock = defineStore("clock", () => {
  // On a still page the time stands.
  return { now: STILL ? ref(Date.now()) : useTimestamp({ interval: 1000 }) };
});
