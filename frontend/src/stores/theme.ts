/** Light or dark: from the address (`?theme=dark`, for streams), else the viewer's choice, else the system's. */

import { defineStore } from "pinia";
import { usePreferredDark } from "@vueuse/core";
import { computed, ref, watch } from "vue";
import { readSearch } from "@/lib/query";

type Choice = "system" | "light" | "dark";
const KEY = "hamlet.theme";

export const useTheme = defineStore("theme", () => {
  const systemDark = usePreferredDark();

  const choice = ref<Choice>(asked() ?? remembered());
  const theme = computed<"light" | "dark">(() =>
    choice.value === "system" ? (systemDark.value ? "dark" : "light") : choice.value,
  );
  watch(theme, (now) => (document.documentElement.dataset.theme = now), { immediate: true, flush: "sync" });

  /** Colours by token, read once for each theme, because each reading makes the browser compute styles. */
  const colours = computed(() => (theme.value, new Map<string, string>()));
  /** The colour of a token such as `--ink` in the present theme, for drawing on a canvas. */
  function colourOf(token: string): string {
    const known = colours.value.get(token);
    if (known !== undefined) return known;
    const colour = getComputedStyle(document.documentElement).getPropertyValue(token).trim();
    colours.value.set(token, colour);
    return colour;
  }

  function toggle(): void {
    choice.value = theme.value === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, choice.value);
    } catch {
      // A browser without storage switches, too, and forgets the choice.
    }
  }

  return { theme, colourOf, toggle };
});

function asked(): Choice | null {
  const theme = new URLSearchParams(readSearch()).get("theme");
  return theme === "light" || theme === "dark" ? theme : null;
}

function remembered(): Choice {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}
