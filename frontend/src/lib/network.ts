/**
 * The recorded Q-network in plain TypeScript: the same sums as `projections/policy.py`, which tests compare.
 *
 * The input is mostly zeros (1 at the agent's cell, 1 at the affordance there, 1 for what stands in each cell that
 * the agent sees beside its own; `core/observation.py` has the order), and so are about half of the hidden activations. Weights are therefore kept by input, `[in][out]`, and only inputs that are not 0 are added.
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
  /** Cells that the agent sees in each direction; 0 when it sees only its own. */
  sight: number;
  layers: readonly Layer[];
}

/** An observation of an agent. */
export interface Situation {
  /** Row-major index. */
  cell: number;
  /** Levels from 0 to 1, in the order of the network's meters. */
  meters: ArrayLike<number>;
  /** Index of the affordance in that cell; the number of affordances where there is none. */
  affordance: number;
  /**
   * What stands in each near cell, row by row: the index of an affordance, their number for none, one more for a cell
   * that nobody can enter. Only for a network whose `sight` is not 0.
   */
  near?: readonly number[];
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
  const { cells, meters, affordances, actions, sight = 0 } = policy;
  return { cells, meters, affordances, actions, sight, layers };
}

/** The value of each action. */
export function qValues(network: Network, situation: Situation): Float32Array {
  return activations(network, situation).at(-1)!;
}

/**
 * The change of Q(`chosen`) − Q(`other`) with each meter: ∂/∂meter per full scale, exact at this point (the
 * network is piecewise linear).
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
function activations(network: Network, { cell, meters, affordance, near = [] }: Situation): Float32Array[] {
  const [first, ...others] = network.layers as [Layer, ...Layer[]];
  const numMeters = network.meters.length;
  const affordancesAt = network.cells + numMeters;
  const nearAt = affordancesAt + network.affordances.length + 1;
  const perCell = network.affordances.length + 2;
  const inputs = [cell, affordancesAt + affordance, ...near.map((what, i) => nearAt + i * perCell + what)];
  const values = inputs.map(() => 1);
  for (let m = 0; m < numMeters; m += 1) {
    inputs.push(network.cells + m);
    values.push(meters[m]!);
  }
  let outputs = weightedSum(first, inputs, values);
  const all = [outputs];
  for (const layer of others) {
    const active: number[] = [];
    const strengths: number[] = [];
    for (let n = 0; n < layer.inputs; n += 1) {
      const value = outputs[n]!;
      if (value > 0) {
        active.push(n);
        strengths.push(value);
      } else outputs[n] = 0;
    }
    all.push((outputs = weightedSum(layer, active, strengths)));
  }
  return all;
}

/** The outputs of a layer whose `inputs` have these `values`, all other inputs 0. */
function weightedSum(layer: Layer, inputs: readonly number[], values: readonly number[]): Float32Array {
  const { weights, outputs: width } = layer;
  const sums = layer.biases.slice();
  let i = 0;
  // Eight outputs at a time: nearly three times as fast as one, because each sum is loaded and stored an eighth as
  // often.
  for (; i + 7 < inputs.length; i += 8) {
    const [a, b, c, d] = [values[i]!, values[i + 1]!, values[i + 2]!, values[i + 3]!];
    const [e, f, g, h] = [values[i + 4]!, values[i + 5]!, values[i + 6]!, values[i + 7]!];
    const [rowA, rowB] = [inputs[i]! * width, inputs[i + 1]! * width];
    const [rowC, rowD] = [inputs[i + 2]! * width, inputs[i + 3]! * width];
    const [rowE, rowF] = [inputs[i + 4]! * width, inputs[i + 5]! * width];
    const [rowG, rowH] = [inputs[i + 6]! * width, inputs[i + 7]! * width];
    for (let o = 0; o < width; o += 1)
      sums[o]! +=
        a * weights[rowA + o]! +
        b * weights[rowB + o]! +
        c * weights[rowC + o]! +
        d * weights[rowD + o]! +
        e * weights[rowE + o]! +
        f * weights[rowF + o]! +
        g * weights[rowG + o]! +
        h * weights[rowH + o]!;
  }
  for (; i < inputs.length; i += 1) {
    const row = inputs[i]! * width;
    for (let o = 0; o < width; o += 1) sums[o]! += values[i]! * weights[row + o]!;
  }
  return sums;
}
