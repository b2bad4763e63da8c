import type { Help } from "@/app/layout/help";

export const trainerHelp: Help = {
  question: "What do these numbers tell?",
  answer: [
    "Loss is how wrong the value estimates still are, the mean Q value is how much reward the agent expects from here on, discounted. The replay buffer holds past steps to learn from again. Memory that grows without end would stop a run of several days.",
  ],
};
