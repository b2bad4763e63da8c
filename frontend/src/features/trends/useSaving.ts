/** Saves charts as pictures and data as files, and copies the page's address. */

import { ref } from "vue";
import { save } from "@/lib/save";
import type { Key, Picture } from "./exportChart";

/** Files are named `fileName()`; `told` is a sentence on the last action, empty at first. */
export function useSaving(fileName: () => string) {
  const told = ref("");

  function saveAs(ending: string, content: Blob, remark = ""): void {
    const file = `${fileName()}.${ending}`;
    save(file, content);
    told.value = `${file} is saved${remark}.`;
  }
  /** Save the charts as one picture, with a legend below them. */
  async function savePicture(kind: "svg" | "png", pictures: Picture[], keys: Key[] = []): Promise<void> {
    if (pictures.length === 0) return;
    const { drawnSvg, pngOf } = await import("./exportChart");
    const svg = drawnSvg(pictures, keys);
    saveAs(kind, kind === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await pngOf(svg));
  }
  async function copyAddress(): Promise<void> {
    try {
      await navigator.clipboard.writeText(window.location.href);
      told.value = "The address is copied.";
    } catch {
      // Only secure pages may use the clipboard; the address is shown for copying by hand.
      told.value = window.location.href;
    }
  }
  return { told, saveAs, savePicture, copyAddress };
}
