import type { Help } from "@/app/layout/help";

export const scorecardHelp: Help = {
  question: "When has the demo succeeded?",
  answer: [
    "These are the aims that were written down before the first run, each with its value at the moment looked at. “Not yet” is no failure while the run goes on. Beside survival stands what an agent reaches that acts at random: an easy first stage alone proves no learning.",
  ],
};
