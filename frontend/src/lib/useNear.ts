/** Whether an element is on the screen or near it; in a picture of the whole page every element is. */

import { useElementVisibility } from "@vueuse/core";
import { ref, type Ref, type ShallowRef } from "vue";
import { STILL } from "@/lib/still";

/** `margin` is the distance that counts as near, in CSS pixels; with `once` what was near stays so. */
export function useNear(
  element: Readonly<ShallowRef<HTMLElement | null>>,
  margin: number,
  once = false,
): Readonly<Ref<boolean>> {
  if (STILL === "page") return ref(true);
  return useElementVisibility(element, { rootMargin: `${margin}px`, once });
}
