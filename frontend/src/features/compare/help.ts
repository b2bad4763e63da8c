import type { Help } from "@/app/layout/help";

export const curveHelp: Help = {
  question: "What do lines and bands mean?",
  answer: [
    "A thin line is one run. A bold line, dashed where there are few runs, is a group of runs: their mean, or their interquartile mean (IQM), which leaves out a quarter of the runs at either end. The band holds the mean with 95 % confidence; n says how many runs stand behind it, and without at least two there is no band.",
    "A branch leaves the line of its parent at a ring, where it was branched: before that the two are one run. Point at a line, or use the arrow keys, and it is named on every chart.",
  ],
};

export const intervalHelp: Help = {
  question: "How do I read these intervals?",
  answer: [
    "The dot is the mean of the runs of a group (or their interquartile mean), the bar holds it with 95 % confidence, and the small strokes are the single runs. n counts the runs that have the figure: one that never dropped has no recovery time.",
    "Whether two groups differ is not to be read from whether their bars overlap: the differences below have intervals of their own.",
  ],
};

export const differenceHelp: Help = {
  question: "When is a difference real?",
  answer: [
    "Each group is compared with the first one. The bar holds the difference of the means with 95 % confidence: where it does not reach zero, the verdict is “higher” or “lower”. With fewer than five runs in a group there is no verdict, whatever the numbers.",
    "The seed is the unit, never the episode. Many figures are many tests, and one in twenty is clear by chance.",
  ],
};

export const configurationHelp: Help = {
  question: "What is listed here?",
  answer: [
    "Every key of the configuration that has not the same value in all of the runs, and the places of the affordances if they differ. “–” is a run without the key. Any of these keys can group the runs.",
  ],
};

export const townsHelp: Help = {
  question: "What can I see in two towns?",
  answer: [
    "The same episode number of two runs, step by step at one pace. A branch and its parent show the same episode up to where they split; after that, what the change has changed.",
  ],
};
