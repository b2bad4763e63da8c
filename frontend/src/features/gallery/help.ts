import type { Help } from "@/app/layout/help";

export const noveltyHelp: Help = {
  question: "What does boredom look like?",
  answer: [
    "One frame for each episode, all frames of a picture on one colour scale: novelty drains away around the places where the agent lives, and flares up again where the town has changed.",
  ],
};
