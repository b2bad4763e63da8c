/**
 * Keys of one letter, which work wherever the focus is. The viewer can switch them off, because speech input and
 * slips press them by accident (WCAG 2.1.4); the choice is kept.
 */

import { defineStore } from "pinia";
import { useEventListener, useLocalStorage } from "@vueuse/core";
import { onScopeDispose, shallowReactive } from "vue";

export interface Shortcut {
  key: string;
  /** The action of the key, as a verb with its object: "go back to the present". */
  does: string;
}

export const useShortcuts = defineStore("shortcuts", () => {
  // A browser without storage switches, too, and forgets the choice.
  const enabled = useLocalStorage("hamlet.letterKeys", true, { onError: () => undefined });
  const offered = shallowReactive(new Set<Shortcut>());
  return { enabled, offered };
});

/**
 * Offer a key while the component is mounted: `run` is called when the key is pressed outside of text fields and
 * selects.
 */
export function useShortcut(key: string, does: string, run: () => void): void {
  const shortcuts = useShortcuts();
  const shortcut = { key, does };
  shortcuts.offered.add(shortcut);
  onScopeDispose(() => shortcuts.offered.delete(shortcut));
  useEventListener(window, "keydown", (event) => {
    if (!shortcuts.enabled || event.defaultPrevented || event.key.toLowerCase() !== key.toLowerCase()) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.target as HTMLElement).closest("input, select, textarea, dialog, [contenteditable]")) return;
    event.preventDefault();
    run();
  });
}
