/** The test vectors that `python -m tests.support.policy_vectors` writes. */

import { readFileSync } from "node:fs";
import type { Placement, Policy } from "@/lib/messages";
import type { Situation } from "@/lib/network";

export interface Vector extends Situation {
  meters: number[];
  q: number[];
  best: number;
  second: number;
  gradients: number[];
}

export const vectors = JSON.parse(readFileSync(new URL("./vectors.json", import.meta.url), "utf8")) as {
  width: number;
  height: number;
  policy: Policy;
  states: Vector[];
  /** The same for agents that see the cells near them. */
  window: { walls: number[]; layout: Placement[]; policy: Policy; states: Vector[] };
};
