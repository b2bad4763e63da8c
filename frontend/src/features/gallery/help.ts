import type { Help } from "@/app/layout/help";

export const noveltyHelp: Help = {
  question: "What does boredom look like?",
  answer: [
    "Fifty frames, one for each of fifty lives, all on one colour scale: novelty drains away around the places where the agent lives, and flares up again where the town has changed.",
  ],
};
