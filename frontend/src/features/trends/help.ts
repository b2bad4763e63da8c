import type { Help } from "@/app/layout/help";

export const survivalHelp: Help = {
  question: "How do I read this trend?",
  answer: [
    "The line is the mean of the newest episodes at each moment, the band reaches from the shortest to the longest episode of each stretch. The upper edge is the step limit: the end of a good day. A fall need not be a step back: with each stage of the curriculum life becomes harder.",
    "Half-way through, everything in town is moved to another place. An agent that had only memorised a route starves; one that has learnt to look finds its way again. The dip and the way back are the test.",
    "Drag across a chart to zoom all of them in, “Whole run” shows everything again, a click goes to that episode.",
  ],
};

export const rewardHelp: Help = {
  question: "Why two kinds of reward?",
  answer: [
    "Extrinsic reward comes from the town: a little is lost for every need that goes unmet, and much for dying, so it is never above zero here. Intrinsic reward is curiosity's pay for seeing something new, times the intrinsic weight of that moment.",
    "Early on curiosity is most of what the agent feels. As the town becomes familiar its share shrinks, and what remains is making a living.",
  ],
};

export const curiosityHelp: Help = {
  question: "Why does the weight fall?",
  answer: [
    "Exploring pays while the agent knows little; later it only costs lives. So the weight of the intrinsic reward is annealed: it shrinks a little with every life, but only while the agent lives long and evenly. It is not a matter of the clock but of competence.",
    "When survival suddenly collapses, as after the affordances moved, the drop itself is noticed and both the weight and epsilon (the share of random actions) rise again by themselves.",
  ],
};
