/** The design tokens as ECharts needs them: plain colours, read anew when the theme changes. */

import { computed, type ComputedRef } from "vue";
import { useTheme } from "@/stores/theme";

const TOKENS = {
  ink: "--ink",
  ink2: "--ink-2",
  ink3: "--ink-3",
  line: "--line",
  accent: "--accent",
  accentSoft: "--accent-soft",
  curiosity: "--curiosity",
  curiositySoft: "--curiosity-soft",
  reward: "--reward",
  rewardSoft: "--reward-soft",
} as const;

export type Token = keyof typeof TOKENS;
export type Palette = Record<Token, string> & { font: string };

export function usePalette(): ComputedRef<Palette> {
  const theme = useTheme();
  return computed(() => {
    void theme.theme;
    const style = getComputedStyle(document.documentElement);
    const colours = Object.fromEntries(
      Object.entries(TOKENS).map(([name, token]) => [name, style.getPropertyValue(token).trim()]),
    ) as Record<Token, string>;
    return { ...colours, font: style.getPropertyValue("--sans").trim() };
  });
}
