/** Formats numbers, durations and times for the page. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 4230 → "4,230". */
export function count(value: number): string {
  return whole.format(Math.round(value));
}

/** Three digits or so, no trailing zeros, no "-0": 0.0712 → "0.071", 1234.5 → "1,235", 0.00029 → "2.9e-4". */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 100) return whole.format(value).replace("-", "−");
  if (size > 0 && size < 0.001) return value.toExponential(1).replace(".0e", "e").replace(/^-/, "−");
  const text = size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toFixed(3);
  return (Number(text) === 0 ? "0" : text.replace(/\.?0+$/, "")).replace("-", "−");
}

const exact = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** A number beside a line of an axis, where neighbours must not look alike: 0.0025 → "0.0025", 2500 → "2,500". */
export function axisNumber(value: number): string {
  const size = Math.abs(value);
  return size > 0 && size < 1e-4 ? number(value) : exact.format(value).replace("-", "−");
}

const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** 5230000 → "5.2M". */
export function compact(value: number): string {
  return short.format(value);
}

/** Seconds in the largest two units that say something: 3725 → "1 h 2 min". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Bytes in binary units: 641728512 → "612 MiB". */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(
    units.length - 1,
    Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10)),
  );
  return `${number(value / 1024 ** power)} ${units[power]}`;
}

/** A Unix time in the viewer's own zone, to the minute. */
export function clock(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toLocaleString("en-GB", {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
}

/** A share, 0..1: 0.62 → "62%"; what is little but not nothing is "<1%". */
export function percent(share: number): string {
  return share > 0 && share < 0.005 ? "<1%" : `${Math.round(share * 100)}%`;
}

/** An amount in the currency of the run: "$37" with a sign, "37 coins" with a word. */
export function money(amount: number, currency: string): string {
  return /\p{L}$/u.test(currency) ? `${count(amount)} ${currency}` : `${currency}${count(amount)}`;
}

/** The level of a meter, 0..1, in its own unit: "$37" or "62%". */
export function meterLevel(
  name: string,
  level: number,
  run: { meter_full_scale: { [meter: string]: number }; currency: string },
): string {
  const scale = run.meter_full_scale[name];
  return scale === undefined ? percent(level) : money(level * scale, run.currency);
}

/** "stage 3 → 4" → "Stage 3 → 4". */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
