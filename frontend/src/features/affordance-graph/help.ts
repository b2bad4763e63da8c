import type { Help } from "@/app/layout/help";

export const affordanceGraphHelp: Help = {
  question: "What is a garden path?",
  answer: [
    "Each arrow says: after using this, the agent next used that. Thick arrows are habits. Over the whole run the colour tells when they happened on average: blue early, red late.",
    "A beginner's path is a thin blue tangle. A routine shows as a few thick red arrows: sleep, eat, work, wash, and round again. A loop means using the same thing twice in a row. Point at an arrow, touch it, or go through the arrows with the arrow keys: the sentence above the picture says how often it happened.",
  ],
};
