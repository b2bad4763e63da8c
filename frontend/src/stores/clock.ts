/** The time, once a second, for everything that says how long ago something was. */

import { defineStore } from "pinia";
import { useTimestamp } from "@vueuse/core";

export const useClock = defineStore("clock", () => {
  return { now: useTimestamp({ interval: 1000 }) };
});
