/** How a decision depends on the meters. */

import { decisionOf } from "./decisions";
import { meterGradients, qValues, type Network, type Situation } from "@/lib/network";

/** Levels are searched in steps of one per cent, which is the precision of the page. */
const LEVELS = 100;

/** A change of one meter that changes the decision. */
export interface Flip {
  meter: number;
  /** The level nearest to the present one with another decision, 0 to 1. */
  level: number;
  action: number;
}

/**
 * The smallest change of each meter that changes the greedy action, those of a single meter in steps of 1 %,
 * smallest change first. With `towards`, changes that make that action the greedy one.
 */
export function flips(network: Network, situation: Situation, towards?: number): Flip[] {
  const now = decisionOf(qValues(network, situation)).best;
  const found: (Flip & { change: number })[] = [];
  const meters = Float32Array.from(situation.meters);
  for (let meter = 0; meter < meters.length; meter += 1) {
    const present = meters[meter]!;
    const from = Math.round(present * LEVELS);
    search: for (let step = 1; step <= LEVELS; step += 1) {
      for (const level of [from - step, from + step]) {
        if (level < 0 || level > LEVELS) continue;
        meters[meter] = level / LEVELS;
        const { best } = decisionOf(qValues(network, { ...situation, meters }));
        if (towards === undefined ? best === now : best !== towards) continue;
        found.push({ meter, level: level / LEVELS, action: best, change: step });
        break search;
      }
    }
    meters[meter] = present;
  }
  return found
    .sort((a, b) => a.change - b.change)
    .map(({ meter, level, action }) => ({ meter, level, action }));
}

/** The contribution of each meter to Q(`chosen`) − Q(`other`), per full scale, in the order of the meters. */
export function contributions(
  network: Network,
  situation: Situation,
  chosen: number,
  other: number,
): number[] {
  return [...meterGradients(network, situation, chosen, other)];
}

/**
 * The greedy action over the levels of two meters, with all else unchanged: `[size][size]`, rows by `vertical`
 * from full to empty, columns by `horizontal` from empty to full; levels are the middles of the squares.
 */
export function boundary(
  network: Network,
  situation: Situation,
  horizontal: number,
  vertical: number,
  size: number,
): number[][] {
  const meters = Float32Array.from(situation.meters);
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (_, column) => {
      meters[vertical] = 1 - (row + 0.5) / size;
      meters[horizontal] = (column + 0.5) / size;
      return decisionOf(qValues(network, { ...situation, meters })).best;
    }),
  );
}
