import type { Help } from "@/app/layout/help";

export const curriculumHelp: Help = {
  question: "What is a curriculum?",
  answer: [
    "Nobody learns everything at once. The agent begins with few needs that sink slowly; when it lives long enough, and has stopped acting at random, the next stage makes life harder. If it fails there, it is put back.",
    "With a shaped reward every unmet need costs a little at every step: a hint. With a sparse reward there are no hints: only dying counts.",
  ],
};
