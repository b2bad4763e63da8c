import type { Help } from "@/app/layout/help";

export const curriculumHelp: Help = {
  question: "What is a curriculum?",
  answer: [
    "Nobody learns everything at once. The agent begins with two needs that sink slowly; when it lives long enough, and has stopped acting at random, the next stage adds needs and makes them sink faster. If it fails there, it is put back.",
    "In stage 5 the reward becomes sparse: no more hints about unmet needs, only dying counts.",
  ],
};
