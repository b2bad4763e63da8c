/** Colour scales for data: perceptually even ones for quantities, blue to red for time. */

type Rgb = readonly [number, number, number];
export type ScaleName = "cividis" | "viridis" | "time-light" | "time-dark";

/** Stops at even distances. cividis (Nuñez et al. 2018) and viridis (Smith & van der Walt 2015) as in matplotlib. */
const STOPS: Record<ScaleName, readonly string[]> = {
  cividis: [
    "#00224e",
    "#123570",
    "#3b496c",
    "#575d6d",
    "#707173",
    "#8a8678",
    "#a59c74",
    "#c3b369",
    "#e1cc55",
    "#fee838",
  ],
  viridis: [
    "#440154",
    "#482878",
    "#3e4989",
    "#31688e",
    "#26828e",
    "#1f9e89",
    "#35b779",
    "#6ece58",
    "#b5de2b",
    "#fde725",
  ],
  "time-light": ["#2a5fb4", "#6b6fae", "#96709a", "#b25f72", "#c03a34"],
  "time-dark": ["#6ea3f5", "#9b9ce0", "#c093c4", "#db8ba0", "#f2766b"],
};

/** The colour at `fraction` (clamped to 0..1) of a scale, as `rgb(r, g, b)`. */
export function colourAt(scale: ScaleName, fraction: number): string {
  const [r, g, b] = rgbAt(scale, fraction);
  return `rgb(${r}, ${g}, ${b})`;
}

/** Black or white, whichever is easier to read on the colour at `fraction` of a scale (WCAG luminance). */
export function inkOn(scale: ScaleName, fraction: number): "#000000" | "#ffffff" {
  return luminance(rgbAt(scale, fraction)) > 0.18 ? "#000000" : "#ffffff";
}

/** A CSS gradient of the whole scale, left to right, for legends. */
export function gradientStops(scale: ScaleName): { offset: number; colour: string }[] {
  const stops = STOPS[scale];
  return stops.map((colour, i) => ({ offset: i / (stops.length - 1), colour }));
}

function rgbAt(scale: ScaleName, fraction: number): Rgb {
  const stops = STOPS[scale];
  const place = Math.min(1, Math.max(0, Number.isFinite(fraction) ? fraction : 0)) * (stops.length - 1);
  const index = Math.min(Math.floor(place), stops.length - 2);
  const from = parseHex(stops[index]!);
  const to = parseHex(stops[index + 1]!);
  const t = place - index;
  return [0, 1, 2].map((i) => Math.round(from[i]! + (to[i]! - from[i]!) * t)) as unknown as Rgb;
}

function parseHex(hex: string): Rgb {
  return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)) as unknown as Rgb;
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((v) => {
    const s = v / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
