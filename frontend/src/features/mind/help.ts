import type { Help } from "@/app/layout/help";

export const mindHelp: Help = {
  question: "How can one read its mind?",
  answer: [
    "The agent has no plan. It has a network that looks at the cell it stands in, at its needs and at what it could use there, and says for each action how much reward it expects from then on. It takes the action with the highest value: that is its policy. The log keeps the network of every checkpoint, and this page computes it for every cell, whatever the needs.",
    "An arrow is as thick as the best action is ahead of the second. Early in a run the values of all actions are nearly the same, and the arrows are hairs: there is hardly an opinion yet. Following the arrows from cell to cell shows where the agent means to go. Cells hatched in colour lead to where a place was before the move: habit. Cells hatched in grey lead round in circles.",
    "Make the agent tired or hungry, or move the sliders: the arrows turn to what it has learnt to do then. Feelings start from an ordinary moment of the episode that walks. Drag the timeline to see how it was learnt, and put the policy from before the move beside the one from after it.",
  ],
};

export const whyHelp: Help = {
  question: "Why this, and not that?",
  answer: [
    "The value of each action in the cell that is marked on the map. A value means little alone; the differences decide. Choose an action to ask why not that one.",
    "The bars below are derivatives: how much the lead of one action over the other grows when a need is a little fuller. They are exact, but only for small changes. The sentence under them was found by trying: it is the nearest level of a single need at which the decision is another one.",
  ],
};

export const whenHelp: Help = {
  question: "When would it change its mind?",
  answer: [
    "All levels of two needs at once, everything else as it is now, in the cell that is marked on the map: every colour is what the agent would do then. The borders are where it changes its mind. The dot is how it feels now.",
  ],
};
