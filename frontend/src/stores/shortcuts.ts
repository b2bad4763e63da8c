/**
 * Keys of one letter, which act wherever the focus is. Whoever speaks to the computer, or hits keys by accident,
 * can switch them off (WCAG 2.1.4); the choice is remembered.
 */

import { defineStore } from "pinia";
import { useEventListener, useLocalStorage } from "@vueuse/core";
import { onScopeDispose, shallowReactive } from "vue";

export interface Shortcut {
  key: string;
  /** What the key does, as a verb with its object: "go back to the present". */
  does: string;
}

export const useShortcuts = defineStore("shortcuts", () => {
  // A browser that forbids storage still switches; it only forgets.
  const enabled = useLocalStorage("hamlet.letterKeys", true, { onError: () => undefined });
  const offered = shallowReactive(new Set<Shortcut>());
  return { enabled, offered };
});

/** Offer a key for as long as the component lives: `run` is called when it is pressed outside of text and selects. */
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
