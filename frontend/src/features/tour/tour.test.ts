import { describe, expect, it } from "vitest";
import type { Annotation, Recovery, Run, StageBand, State } from "@/lib/messages";
import { scenesOf, sentencesOf } from "./tour";

const stage = (reward: string) => ({ name: "Work", meaning: "Money counts.", reward });
const run = { stages: [stage("shaped"), stage("sparse")], num_agents: 4, max_steps: 500 } as unknown as Run;
const bands: StageBand[] = [
  { stage: 1, name: "Work", first: 1, last: 40 },
  { stage: 2, name: "Work", first: 41, last: 300 },
];
const recovered = {
  state: "recovered",
  moved_at: 200,
  before: 400,
  lowest: 150,
  episodes: 60,
} as unknown as Recovery;
const drop = { kind: "drop", episode: 215 } as Annotation;

describe("the scenes of a run", () => {
  it("are six where everything happened, in order, each with its panel", () => {
    const scenes = scenesOf(run, 300, bands, [drop], recovered);
    expect(scenes.map(({ key, episode, panel }) => [key, episode, panel])).toEqual([
      ["first steps", 1, "town"],
      ["first stage", 40, "curriculum"],
      ["no hints", 40, "reward"],
      ["move", 204, "town"],
      ["drop", 215, "curiosity"],
      ["way back", 260, "survival"],
    ]);
  });

  it("are fewer where less happened", () => {
    const keys = (...given: Parameters<typeof scenesOf>) => scenesOf(...given).map(({ key }) => key);
    expect(keys(run, 0, [], [], null)).toEqual([]);
    expect(keys(run, 9, bands.slice(0, 1), [], null)).toEqual(["first steps"]);
    const sparse = { ...run, stages: [stage("sparse")] } as unknown as Run;
    expect(keys(sparse, 9, bands.slice(0, 1), [], null)).toEqual(["first steps"]);
    const early = { state: "too early", moved_at: 200 } as Recovery;
    expect(keys(run, 201, bands, [], early)).toEqual(["first steps", "first stage", "no hints", "move"]);
  });

  it("are told with the numbers of their moment", () => {
    const state = {
      episode: 260,
      window: 100,
      mean_survival: 330,
      metrics: { epsilon: 0.1, intrinsic_weight: 0.2, survival_time: 12 },
      stage: { stage: 2 },
      recovery: recovered,
    } as unknown as State;
    for (const scene of scenesOf(run, 300, bands, [drop], recovered)) {
      for (const said of sentencesOf(scene, state, run)) expect(said).not.toMatch(/undefined|NaN|null/);
    }
    const said = (novelty: string): string =>
      scenesOf(run, 300, bands, [drop], recovered)
        .flatMap((scene) => sentencesOf(scene, state, { ...run, novelty }))
        .join(" ");
    expect(said("counts")).toContain("curiosity now weighs 0.2");
    expect(said("none")).not.toContain("curiosity");
    const back = scenesOf(run, 300, bands, [], recovered).at(-1)!;
    expect(sentencesOf(back, state, run)).toEqual([
      "60 episodes after the move the agent lives well again: 330 of 500 steps on average over the last 100 episodes.",
      "It had lived 400 steps before the move and 150 at its worst.",
    ]);
  });
});
