/** The files that the snapshot worker has made so far. */

import { defineStore } from "pinia";
import { computed } from "vue";
import { api } from "@/lib/api";
import { usePolled } from "@/lib/usePolled";

export const useGallery = defineStore("gallery", () => {
  const polled = usePolled(api.gallery, 15_000);
  const gallery = polled.value;
  const newestGif = computed(() => gallery.value?.gifs?.at(-1) ?? null);
  const newestScreenshot = computed(() => gallery.value?.screenshots?.at(-1) ?? null);
  return { gallery, error: polled.error, newestGif, newestScreenshot };
});
