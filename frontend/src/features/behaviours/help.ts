import type { Help } from "@/app/layout/help";

export const behavioursHelp: Help = {
  question: "How were these found?",
  answer: [
    "By explicit rules over every life, not by a human eye: camping on one spot, waiting where nothing is, pacing between two cells, hoarding money, never working, more reward with less survival. Agents optimise what you measure, not what you mean.",
  ],
};
