import type { Help } from "@/app/layout/help";

/** By `exploration.novelty` of the run: what novelty is there, and why it fades. */
const NOVELTY: Record<string, [what: string, why: string]> = {
  rnd: [
    "Novelty shows how badly the agent still predicts what a cell looks like.",
    "Why does novelty fade? A small network learns to imitate a second, random one that never changes (random network distillation, Burda et al. 2018). Where the agent has often been the imitation is good and the error small: boredom. Where it has rarely been the error is large: curiosity.",
  ],
  counts: [
    "Novelty shows how seldom the agent has seen a cell with what stands there now.",
    "Why does novelty fade? It is counted: 1 divided by the square root of how often a cell was seen together with what stands in it (after Strehl and Littman 2008). Where the agent has often been the count is high and novelty small: boredom. A place that was moved is new again.",
  ],
};

/** `novelty`: where the intrinsic reward of the run comes from, as in `Run`. */
export function townHelp(novelty: string): Help {
  const [what, why] = NOVELTY[novelty] ?? [];
  return {
    question: "What am I looking at?",
    answer: [
      "The agent lives in a small town, drawn as a grid of cells. It can walk, or use what stands in its cell. Nobody told it what anything is for. A life ends when a vital meter (♥) is empty, or at the step limit. What this page calls a life, papers call an episode.",
      "Training runs far faster than an eye can follow, so what walks here is the newest finished life, replayed at human speed; when nothing newer comes, the last ones go round. Visits show where the newest lives spent their steps." +
        (what ? ` ${what}` : ""),
      ...(why ? [why] : []),
      "The face shows the worst vital meter. The other meters do not end a life, but they have a say in how well it goes.",
    ],
  };
}
