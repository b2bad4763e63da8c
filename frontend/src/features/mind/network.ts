/**
 * The recorded Q-network in plain TypeScript: the same sums as `projections/policy.py`, which tests compare.
 *
 * The input is mostly zeros (1 at the agent's cell, 1 at the affordance there), and so are about half of the
 * hidden activations. Weights are therefore kept by input, `[in][out]`, and only inputs that are not 0 are added.
 */

import type { Policy } from "@/lib/messages";
import { decodeFloat16 } from "./float16";

interface Layer {
  inputs: number;
  outputs: number;
  /** By input: the weight from input i to output o is at `i * outputs + o`. */
  weights: Float32Array;
  biases: Float32Array;
}

export interface Network {
  cells: number;
  meters: readonly string[];
  affordances: readonly string[];
  actions: readonly string[];
  layers: readonly Layer[];
}

/** What an agent observes. */
export interface Situation {
  /** Row-major index. */
  cell: number;
  /** Levels from 0 to 1, in the order of the network's meters. */
  meters: ArrayLike<number>;
  /** Index of the affordance in that cell; the number of affordances where there is none. */
  affordance: number;
}

/** Throws when the weights are not as many as the layers need. */
export function networkOf(policy: Policy): Network {
  const numbers = decodeFloat16(policy.weights);
  const sizes = policy.layer_sizes;
  const layers: Layer[] = [];
  let at = 0;
  for (let i = 0; i + 1 < sizes.length; i += 1) {
    const [inputs, outputs] = [sizes[i]!, sizes[i + 1]!];
    const byOutput = numbers.subarray(at, (at += inputs * outputs));
    const biases = numbers.slice(at, (at += outputs));
    const weights = new Float32Array(inputs * outputs);
    for (let o = 0; o < outputs; o += 1)
      for (let n = 0; n < inputs; n += 1) weights[n * outputs + o] = byOutput[o * inputs + n]!;
    layers.push({ inputs, outputs, weights, biases });
  }
  if (at !== numbers.length)
    throw new Error(`the network needs ${at} weights, the policy has ${numbers.length}`);
  const { cells, meters, affordances, actions } = policy;
  return { cells, meters, affordances, actions, layers };
}

/** The value of each action. */
export function qValues(network: Network, situation: Situation): Float32Array {
  return activations(network, situation).at(-1)!;
}

/**
 * How much Q(`chosen`) − Q(`other`) changes with each meter: ∂/∂meter per full scale, exact at this point
 * (the network is linear around it).
 */
export function meterGradients(
  network: Network,
  situation: Situation,
  chosen: number,
  other: number,
): Float32Array {
  const values = activations(network, situation);
  let gradient = new Float32Array(network.actions.length);
  gradient[chosen]! += 1;
  gradient[other]! -= 1;
  for (let i = network.layers.length - 1; i >= 0; i -= 1) {
    const { inputs, outputs, weights } = network.layers[i]!;
    const below = i > 0 ? values[i - 1]! : null;
    const before = new Float32Array(inputs);
    for (let n = 0; n < inputs; n += 1) {
      if (below && below[n]! <= 0) continue;
      let sum = 0;
      for (let o = 0; o < outputs; o += 1) sum += gradient[o]! * weights[n * outputs + o]!;
      before[n] = sum;
    }
    gradient = before;
  }
  return gradient.slice(network.cells, network.cells + network.meters.length);
}

/** The outputs of every layer, after ReLU in the hidden ones. */
function activations(network: Network, { cell, meters, affordance }: Situation): Float32Array[] {
  const [first, ...others] = network.layers as [Layer, ...Layer[]];
  const numMeters = network.meters.length;
  let values = first.biases.slice();
  add(values, first, cell, 1);
  for (let m = 0; m < numMeters; m += 1) add(values, first, network.cells + m, meters[m]!);
  add(values, first, network.cells + numMeters + affordance, 1);
  const all = [values];
  for (const layer of others) {
    const next = layer.biases.slice();
    for (let n = 0; n < layer.inputs; n += 1) {
      if (values[n]! > 0) add(next, layer, n, values[n]!);
      else values[n] = 0;
    }
    all.push((values = next));
  }
  return all;
}

/** Add input `n`, which has the value `by`, to the outputs of a layer. */
function add(outputs: Float32Array, { weights, outputs: width }: Layer, n: number, by: number): void {
  const row = n * width;
  for (let o = 0; o < width; o += 1) outputs[o]! += by * weights[row + o]!;
}
