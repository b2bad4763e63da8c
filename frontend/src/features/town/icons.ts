/** Line drawings of affordances, as path data in a box of 24 × 24. */

const ICONS: Record<string, string> = {
  Bed: "M3 19V7M3 16.5h18V19M21 16.5V13a3 3 0 0 0-3-3h-7v6.5M7 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4",
  Shower:
    "M4 20.5V7.3a3.4 3.4 0 0 1 6.8 0v.6M6.8 11.6a4 4 0 0 1 8 0zM7.8 14.8v1.3M10.8 14.8v1.3M13.8 14.8v1.3M7.8 18.8v1.3M10.8 18.8v1.3M13.8 18.8v1.3",
  Fridge:
    "M7 3h10a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM6 9.8h12M9 5.8v1.8M9 12.3v3.2",
  FastFood:
    "M3.8 10.6a8.2 5.8 0 0 1 16.4 0zM3.6 13.7c2-1.2 3.4 1.2 5.5 0s3.6-1.2 5.6 0 3.7 1.2 5.7 0M4.2 16.6h15.6v.5a2.7 2.7 0 0 1-2.7 2.7H6.9a2.7 2.7 0 0 1-2.7-2.7zM9 7.8h.01M12.5 7h.01M15.5 8.2h.01",
  Job: "M4.5 8h15a1 1 0 0 1 1 1v9.5a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1zM9 8V5.8a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1V8M3.5 12.4c5.2 2.4 11.8 2.4 17 0M12 13.2v1.8",
  Gym: "M8.3 12h7.4M8.3 7v10M5.6 8.7v6.6M3 11v2M15.7 7v10M18.4 8.7v6.6M21 11v2",
  Bar: "M4.3 5.5h15.4L12 13.6zM12 13.6v6.2M8.3 19.8h7.4M6.7 8h10.6M15 5.5l1.8-3",
  Recreation:
    "M12 21v-8.5M12 15.6l2.8-2.4M12 18l-2.4-2M8.6 16.8a4 4 0 0 1-1.9-7.3 5.4 5.4 0 0 1 10.6 0 4 4 0 0 1-1.9 7.3",
};

/** The affordances that have a drawing. */
export const DRAWN = Object.keys(ICONS);

/** The drawing of an affordance; null for an unknown one, whose first letters are its sign. */
export function iconOf(affordance: string): string | null {
  return ICONS[affordance] ?? null;
}

/** "HotSpring" → "HS", "Stove" → "St". */
export function initialsOf(affordance: string): string {
  const words = titleOf(affordance).split(" ");
  const letters =
    words.length > 1 ? words.map((word) => word.charAt(0).toUpperCase()) : [affordance.slice(0, 2)];
  return letters.join("").slice(0, 2);
}

/** "FastFood" → "Fast food": a name of the log in plain words. */
export function titleOf(affordance: string): string {
  return affordance.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
