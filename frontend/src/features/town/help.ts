import type { Help } from "@/app/layout/help";

export const townHelp: Help = {
  question: "What am I looking at?",
  answer: [
    "The agent lives in a town of 8 × 8 cells. It can walk, or use what stands where it is: sleep in the bed, work at the job, eat. Nobody told it what anything is for. A life ends when a vital meter is empty, or at the step limit.",
    "Training runs far faster than an eye can follow, so what walks here is the newest finished life, replayed at human speed. Visits show where the last 100 lives spent their steps. Novelty shows how badly the agent still predicts what a cell looks like.",
    "Why does novelty fade? A small network learns to imitate a second, random one that never changes (random network distillation, Burda et al. 2018). Where the agent has often been the imitation is good and the error small: boredom. Where it has rarely been the error is large: curiosity.",
  ],
};
