import type { Help } from "@/app/layout/help";

export const behavioursHelp: Help = {
  question: "How were these found?",
  answer: [
    "By explicit rules over every life, not by a human eye: camping on one spot, waiting where nothing is, pacing between two cells, hoarding money, never working, more reward with less survival. Of each kind, the first in every hundred episodes is kept.",
    "While more than half of the actions are random, an agent that dies rich or never works has chosen nothing: such episodes are marked as a beginner's and come last. What an agent does once it chooses is what teaches: agents optimise what you measure, not what you mean.",
  ],
};
