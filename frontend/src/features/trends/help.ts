import type { Help } from "@/app/layout/help";

export const survivalHelp: Help = {
  question: "How do I read this trend?",
  answer: [
    "The line is the mean of the newest episodes at each moment, the band reaches from the shortest to the longest of the same episodes. The dotted line is a policy that draws every action at random, measured in this town when the run began. The upper edge is the step limit: the end of a good day. A fall need not be a step back: with each stage of the curriculum life becomes harder.",
    "A run can have a test: at the mark “affordances moved” everything in town is put in another place. An agent that had only memorised a route starves; one that has learnt to look finds its way again. The dip and the way back are the test.",
    "Drag across a chart, or spread two fingers, to zoom all of them in; “Whole run” shows everything again; a click goes to that episode. With the chart in focus, arrows move along it, + and − zoom, Enter goes to the episode. The menu ⋯ sets smoothing and axes, and saves the chart. Numbered strips are the stages of the curriculum.",
  ],
};

const EXTRINSIC =
  "Extrinsic reward comes from the town, as the section “rewards” of the configuration says. As a rule a little is lost for every need that goes unmet, while the stage gives such hints, and much for dying: the best that an agent can do is to lose nothing.";

/** `curious`: whether the run has an intrinsic reward. */
export function rewardHelp(curious: boolean): Help {
  if (!curious) {
    return {
      question: "What is the reward?",
      answer: [EXTRINSIC, "This run has no intrinsic reward: the agent explores by chance alone."],
    };
  }
  return {
    question: "Why two kinds of reward?",
    answer: [
      `${EXTRINSIC} Intrinsic reward is curiosity's pay for seeing something new, times the intrinsic weight of that moment.`,
      "Early on curiosity is most of what the agent feels. As the town becomes familiar its share shrinks, and what remains is making a living.",
    ],
  };
}

/** `curious`: whether the run has an intrinsic reward. */
export function curiosityHelp(curious: boolean): Help {
  if (!curious) {
    return {
      question: "Why does epsilon fall?",
      answer: [
        "Epsilon is the share of actions that are drawn at random. Trying things out pays while the agent knows little; later it only costs lives. So epsilon falls; it rises again with a new stage, and when survival suddenly collapses, as after the affordances moved.",
        "This run has no intrinsic reward, so chance is all that makes the agent explore.",
      ],
    };
  }
  return {
    question: "Why does the weight fall?",
    answer: [
      "Exploring pays while the agent knows little; later it only costs lives. So the weight of the intrinsic reward is annealed: it shrinks a little with every life, but only while the agent lives long and evenly. It is not a matter of the clock but of competence.",
      "When survival suddenly collapses, as after the affordances moved, the drop itself is noticed and both the weight and epsilon (the share of random actions) rise again by themselves.",
    ],
  };
}

export const causesHelp: Help = {
  question: "What do the colours mean?",
  answer: [
    "Every episode ends in one of two ways: a meter that one cannot live without is empty, or the step limit is reached, the best end there is. The colours divide each hundred episodes by the way they ended.",
    "A stage of the curriculum brings new meters, and new ways to end. What grows after a stage begins is what the agent has yet to learn.",
  ],
};

export const lossHelp: Help = {
  question: "What is the loss?",
  answer: [
    "After each step the network compares what it expected with what happened and what it expects next. The loss is the size of that error. It need not fall to zero: as the agent reaches new situations there is more to be wrong about.",
  ],
};

export const valueHelp: Help = {
  question: "What is expected?",
  answer: [
    "Q is what the network expects from an action: all reward from here on, with later reward counting less. Shown is the mean for the action it thinks best. Far above what ever comes is a sign of trouble.",
  ],
};

export const gradientHelp: Help = {
  question: "What is the norm of the gradient?",
  answer: [
    "How strongly one update pulls at the network, before the pull is limited. A sudden rise says that the network meets what it does not know, as after the affordances moved; endless growth says that training is breaking down.",
  ],
};

export const replayHelp: Help = {
  question: "What is the replay buffer?",
  answer: [
    "The agent learns from memories drawn at random. The buffer holds the newest of them; once it is full, the oldest make room.",
  ],
};

export const speedHelp: Help = {
  question: "What is counted?",
  answer: [
    "Steps of all agents together, a second, learning included. A pause or a slower machine shows here; nothing that is learnt depends on it.",
  ],
};

export const histogramHelp: Help = {
  question: "Why a histogram?",
  answer: [
    "A mean hides how lives differ. Two piles, at early deaths and at the step limit, say that the agent either manages or does not; one pile in the middle would say that every life is half good.",
    "Compared are up to 500 episodes before the move, the first 500 after it, and the newest; without a move the first and the newest.",
  ],
};
