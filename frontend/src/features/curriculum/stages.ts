/** What the five stages of the curriculum mean, in words; their numbers are in the run's configuration. */

export interface Lesson {
  stage: number;
  name: string;
  meaning: string;
}

export const LESSONS: readonly Lesson[] = [
  { stage: 1, name: "First needs", meaning: "Energy and hygiene, sinking slowly" },
  { stage: 2, name: "Hunger", meaning: "Food is needed too, and needs sink faster" },
  { stage: 3, name: "Money", meaning: "What is bought has to be earned" },
  { stage: 4, name: "A whole life", meaning: "All six meters at full pace" },
  { stage: 5, name: "No more hints", meaning: "Sparse reward: only dying counts" },
];
