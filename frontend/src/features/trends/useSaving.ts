/** Saving of charts as pictures and as data, and copying of the page's address. */

import { ref } from "vue";
import { save } from "@/lib/save";
import type { Key, Picture } from "./exportChart";

/** What is saved is named `fileName()`; `told` is a sentence on what was done last, empty at first. */
export function useSaving(fileName: () => string) {
  const told = ref("");

  function saveAs(ending: string, content: Blob, remark = ""): void {
    const file = `${fileName()}.${ending}`;
    save(file, content);
    told.value = `${file} is saved${remark}.`;
  }
  /** Save the charts as one picture, with what their colours stand for below them. */
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
      // Browsers give the clipboard to secure pages only; the address can be copied by hand.
      told.value = window.location.href;
    }
  }
  return { told, saveAs, savePicture, copyAddress };
}
