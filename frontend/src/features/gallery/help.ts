import type { Help } from "@/app/layout/help";

export const noveltyHelp: Help = {
  question: "What does boredom look like?",
  answer: [
    "One frame for each episode, every picture of a run on the same colour scale, so later ones are darker: novelty drains away around the places where the agent lives, and flares up again where the town has changed.",
  ],
};
