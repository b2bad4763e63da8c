import { expect, test } from "vitest";
import { curiosityHelp, rewardHelp } from "@/features/trends/help";
import { unitOf } from "./heat";
import { townHelp } from "./help";

const range = { low: 0.001, high: 1, logarithmic: true };
const textOf = (novelty: string): string => {
  const curious = novelty !== "none";
  return [townHelp(novelty), rewardHelp(curious), curiosityHelp(curious)]
    .flatMap(({ question, answer }) => [question, ...answer])
    .join(" ");
};

test("novelty is what this run measures", () => {
  expect(textOf("rnd")).toContain("random network distillation");
  expect(textOf("counts")).not.toMatch(/predict|imitat|distillation/);
  expect(textOf("counts")).toContain("It is counted");
  expect(textOf("none")).not.toMatch(/novelty|curiosity's pay|predict/i);
  expect(unitOf({ kind: "novelty", range }, "rnd")).toBe("prediction error, log scale");
  expect(unitOf({ kind: "novelty", range }, "counts")).toBe("1/√ of times seen, log scale");
  expect(unitOf({ kind: "visits", range }, "counts")).toBe("steps per episode, √ scale");
});
