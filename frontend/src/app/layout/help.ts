/** What the "?" of a panel tells: for readers who meet reinforcement learning here for the first time. */

export interface Help {
  question: string;
  answer: string[];
}
