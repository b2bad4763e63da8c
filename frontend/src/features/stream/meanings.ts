/** What each panel of the stream means: a question and an answer that are read in one turn. */

import type { SlideName } from "./plan";

export interface Meaning {
  question: string;
  answer: string;
}

export const MEANINGS: Record<SlideName, Meaning> = {
  survival: {
    question: "How long does it live?",
    answer:
      "The line is the mean of the newest lives, the band reaches from the shortest to the longest. Dotted is an agent that acts at random.",
  },
  hour: {
    question: "What has happened lately?",
    answer: "One hour of training in a few lines: how many lives, the best one, and what was new.",
  },
  "garden path": {
    question: "What are its habits?",
    answer:
      "An arrow leads from a place to the place that is used next. The thicker it is, the more often that happens.",
  },
  reward: {
    question: "What is it paid for?",
    answer:
      "The town takes a little for every need that goes unmet, and much for dying. Curiosity pays for what is new.",
  },
  curriculum: {
    question: "How does it go to school?",
    answer: "It begins with few needs. When it lives long enough, the next stage makes life harder.",
  },
  curiosity: {
    question: "Why does its curiosity fade?",
    answer:
      "Exploring pays while the agent knows little. The better it lives, the less it is paid for what is new.",
  },
  novelty: {
    question: "What is new to it?",
    answer: "A cell is bright where the agent cannot predict yet what the cell looks like.",
  },
  mind: {
    question: "What goes on in its mind?",
    answer:
      "An arrow in every cell shows what the agent would do there, as it feels now. Thick arrows are clear decisions.",
  },
  scorecard: {
    question: "Is it doing well?",
    answer: "These aims were written down before the first run. The signs say which of them are met.",
  },
  "scorecard 2": {
    question: "Is it doing well?",
    answer: "These aims were written down before the first run. The signs say which of them are met.",
  },
};
