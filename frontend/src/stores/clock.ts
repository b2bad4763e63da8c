/** The time, once a second, for everything that says how long ago something was. */

import { defineStore } from "pinia";
import { ref } from "vue";

export const useClock = defineStore("clock", () => {
  const now = ref(Date.now());
  setInterval(() => (now.value = Date.now()), 1000);
  return { now };
});
