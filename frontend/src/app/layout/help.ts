/** The help text behind the "?" of a panel, for readers who are new to reinforcement learning. */

export interface Help {
  question: string;
  answer: string[];
}
