import { describe, expect, it } from "vitest";
import type { StageProgress, StageSummary } from "@/lib/messages";
import { gateFraction, stageInWords, stepsOf } from "./curriculum";

const stages = (number: number): StageSummary[] =>
  Array.from({ length: number }, (_, i) => ({
    name: `lesson ${i + 1}`,
    meaning: `meaning ${i + 1}`,
    active_meters: [],
    depletion: 1,
    reward: "shaped",
  }));
const progress: StageProgress = {
  stage: 2,
  since_episode: 1719,
  episodes_in_stage: 300,
  mean_survival: 312.4,
  episodes_counted: 100,
  window: 100,
  advance_at: 350,
  retreat_at: 80,
};

describe("the stages of a curriculum", () => {
  it.each([1, 2, 5, 7])("are those of the run: %i", (number) => {
    const steps = stepsOf(stages(number), number);
    expect(steps.map((step) => step.name)).toEqual(stages(number).map((stage) => stage.name));
    expect(steps.map((step) => step.when)).toEqual([...Array(number - 1).fill("past"), "present"]);
  });

  it("lie in the future until one begins", () =>
    expect(stepsOf(stages(2), null).map((step) => step.when)).toEqual(["future", "future"]));
});

describe("the way to the next gate", () => {
  it("is a share of the threshold the trainer compares with", () => {
    expect(gateFraction({ ...progress, mean_survival: 175 })).toBe(0.5);
    expect(gateFraction({ ...progress, mean_survival: 400 })).toBe(1);
    expect(gateFraction({ ...progress, mean_survival: null })).toBe(0);
    expect(gateFraction({ ...progress, advance_at: null })).toBeNull();
  });

  it.each([
    [
      progress,
      "Stage 2, entered after episode 1,718: 312 steps on average over 100 episodes, the next gate is at 350.",
    ],
    [
      { ...progress, episodes_counted: 1 },
      "Stage 2, entered after episode 1,718: 312 steps on average over 1 episode (100 are needed), the next gate is at 350.",
    ],
    [
      { ...progress, mean_survival: null, episodes_counted: 0 },
      "Stage 2, entered after episode 1,718: no episode of it has ended yet, the next gate is at 350.",
    ],
    [{ ...progress, advance_at: null }, "Stage 2, entered after episode 1,718: the last one."],
  ])("is said in a sentence", (of, sentence) => expect(stageInWords(of)).toBe(sentence));
});
