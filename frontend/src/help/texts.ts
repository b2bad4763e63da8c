/** What the "?" of a panel tells: for readers who meet reinforcement learning here for the first time. */

export interface Help {
  question: string;
  answer: string[];
}

export type HelpTopic =
  | "town"
  | "meters"
  | "survival"
  | "reward"
  | "curiosity"
  | "gardenPath"
  | "curriculum"
  | "noveltyGif"
  | "scorecard"
  | "behaviours"
  | "trainer"
  | "compare";

export const HELP: Record<HelpTopic, Help> = {
  town: {
    question: "What am I looking at?",
    answer: [
      "The agent lives in a town of 8 × 8 cells. It can walk, or use what stands where it is: sleep in the bed, work at the job, eat. Nobody told it what anything is for. A life ends when a vital meter is empty, or at the step limit.",
      "Training runs far faster than an eye can follow, so what walks here is the newest finished life, replayed at human speed. Visits show where the last 100 lives spent their steps. Novelty shows how badly the agent still predicts what a cell looks like.",
      "Why does novelty fade? A small network learns to imitate a second, random one that never changes (random network distillation, Burda et al. 2018). Where the agent has often been the imitation is good and the error small: boredom. Where it has rarely been the error is large: curiosity.",
    ],
  },
  meters: {
    question: "Which meters can kill?",
    answer: [
      "Energy, hygiene and satiation are vital: at zero the life is over. Money buys what refills them and has to be earned. Mood and social life do not kill, but a lonely agent's mood sinks faster.",
      "The face on the map shows the worst vital meter.",
    ],
  },
  survival: {
    question: "How do I read this trend?",
    answer: [
      "Each life is one episode. The line is the mean of the last 100 lives, the band reaches from the shortest to the longest life of each stretch. Walking at random keeps an agent alive for about 115 steps; the limit is the end of a good day.",
      "Half-way through, everything in town is moved to another place. An agent that had only memorised a route starves; one that has learnt to look finds its way again. The dip and the way back are the test.",
      "Drag across a chart to zoom all of them in, “Whole run” shows everything again, a click goes to that episode.",
    ],
  },
  reward: {
    question: "Why two kinds of reward?",
    answer: [
      "Extrinsic reward comes from the town: a little is lost for every need that goes unmet, and much for dying, so it is never above zero here. Intrinsic reward is curiosity's pay for seeing something new, times the intrinsic weight of that moment.",
      "Early on curiosity is most of what the agent feels. As the town becomes familiar its share shrinks, and what remains is making a living.",
    ],
  },
  curiosity: {
    question: "Why does the weight fall?",
    answer: [
      "Exploring pays while the agent knows little; later it only costs lives. So the weight of the intrinsic reward is annealed: it shrinks a little with every life, but only while the agent lives long and evenly. It is not a matter of the clock but of competence.",
      "When survival suddenly collapses, as after the affordances moved, the drop itself is noticed and both the weight and epsilon (the share of random actions) rise again by themselves.",
    ],
  },
  gardenPath: {
    question: "What is a garden path?",
    answer: [
      "Each arrow says: after using this, the agent next used that. Thick arrows are habits. The colour tells when they happened on average, in the stretch shown: blue early, red late.",
      "A beginner's path is a thin blue tangle. A routine shows as a few thick red arrows: sleep, eat, work, wash, and round again. A loop means using the same thing twice in a row.",
    ],
  },
  curriculum: {
    question: "What is a curriculum?",
    answer: [
      "Nobody learns everything at once. The agent begins with two needs that sink slowly; when it lives long enough, and has stopped acting at random, the next stage adds needs and makes them sink faster. If it fails there, it is put back.",
      "In stage 5 the reward becomes sparse: no more hints about unmet needs, only dying counts.",
    ],
  },
  noveltyGif: {
    question: "What does boredom look like?",
    answer: [
      "Fifty frames, one for each of fifty lives, all on one colour scale: novelty drains away around the places where the agent lives, and flares up again where the town has changed.",
    ],
  },
  scorecard: {
    question: "When has the demo succeeded?",
    answer: [
      "These are the aims that were written down before the first run, each with its value now. “Not yet” is no failure while the run goes on.",
    ],
  },
  behaviours: {
    question: "How were these found?",
    answer: [
      "By explicit rules over every life, not by a human eye: camping on one spot, waiting where nothing is, pacing between two cells, hoarding money, never working, more reward with less survival. Agents optimise what you measure, not what you mean.",
    ],
  },
  trainer: {
    question: "What do these numbers tell?",
    answer: [
      "Loss is how wrong the value estimates still are, the mean Q value is how much reward the agent expects from here on, discounted. The replay buffer holds past steps to learn from again. Memory that grows without end would stop a run of several days.",
    ],
  },
  compare: {
    question: "What should I compare?",
    answer: [
      "Two lives step by step at the same pace. Before and after the move, the same agent takes the same route to a bed that is no longer there. Or take one of the first lives and one of the last.",
    ],
  },
};
