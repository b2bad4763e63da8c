import type { Help } from "@/app/layout/help";

export const compareHelp: Help = {
  question: "What should I compare?",
  answer: [
    "Two lives step by step at the same pace. Before and after the move, the same agent takes the same route to a bed that is no longer there. Or take one of the first lives and one of the last.",
  ],
};
