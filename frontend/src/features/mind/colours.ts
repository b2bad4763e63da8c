/** Colours for a number of kinds that only the run knows: hues at equal distances. */

/** A background for item `index` of `total`, on which the theme's ink is readable. */
export function categoryColour(index: number, total: number, theme: "light" | "dark"): string {
  const hue = Math.round((index / Math.max(1, total)) * 360 + 25) % 360;
  // Neighbouring hues also differ in lightness.
  const odd = index % 2;
  return theme === "light"
    ? `hsl(${hue}, ${odd ? 42 : 48}%, ${odd ? 74 : 85}%)`
    : `hsl(${hue}, ${odd ? 38 : 36}%, ${odd ? 36 : 24}%)`;
}
