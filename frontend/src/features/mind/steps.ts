/** The Q values of a policy at each step of a recorded episode, and the actions that were nearly chosen. */

import type { EpisodeReplay } from "@/lib/messages";
import { decisionOf, seenIn, type Decision, type Town } from "./decisions";
import { qValues, type Network } from "@/lib/network";

export interface Step extends Decision {
  /** The action that was taken. */
  taken: number;
  /** Whether the greedy action of this policy differs: exploration, or a policy that has changed since. */
  differs: boolean;
}

/** One entry for each step, `[survival_time]`; null where actions and meters were not recorded. */
export function stepsOf(network: Network, replay: EpisodeReplay, town: Town): Step[] | null {
  if (replay.actions.length === 0 || replay.meters.length === 0) return null;
  const seen = seenIn(network, { ...town, layout: replay.layout });
  return replay.actions.map((_, step) => stepOf(network, replay, seen, step));
}

/** The entry of step `step` alone; null after the last step, and where actions and meters were not recorded. */
export function oneStepOf(network: Network, replay: EpisodeReplay, town: Town, step: number): Step | null {
  if (step >= replay.actions.length || replay.meters.length === 0) return null;
  return stepOf(network, replay, seenIn(network, { ...town, layout: replay.layout }), step);
}

function stepOf(
  network: Network,
  replay: EpisodeReplay,
  seen: ReturnType<typeof seenIn>,
  step: number,
): Step {
  const taken = replay.actions[step]!;
  const meters = replay.meters[step]!.map((level) => level / 255);
  const decision = decisionOf(qValues(network, { ...seen(replay.path[step]!), meters }));
  return { ...decision, taken, differs: decision.best !== taken };
}

/** The newest recorded episode that is not after `episode`; null when there is none. */
export function newestBy(recorded: readonly number[], episode: number): number | null {
  const known = recorded.filter((one) => one <= episode);
  return known.length === 0 ? null : Math.max(...known);
}
