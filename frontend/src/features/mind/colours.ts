/** Colours for kinds of things that only the run knows the number of: even steps round the wheel of hues. */

/** A background for item `index` of `total`, on which the theme's ink is readable. */
export function categoryColour(index: number, total: number, theme: "light" | "dark"): string {
  const hue = Math.round((index / Math.max(1, total)) * 360 + 25) % 360;
  // Neighbours on the wheel differ in lightness, too.
  const odd = index % 2;
  return theme === "light"
    ? `hsl(${hue}, ${odd ? 42 : 48}%, ${odd ? 74 : 85}%)`
    : `hsl(${hue}, ${odd ? 38 : 36}%, ${odd ? 36 : 24}%)`;
}
