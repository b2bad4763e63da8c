import { describe, expect, it } from "vitest";
import type { Recovery, Run, Series, State } from "@/lib/messages";
import { curiosityTrend } from "./curiosityTrend";
import { rewardTrend } from "./rewardTrend";
import { moveMarks, survivalTrend } from "./survivalTrend";

const run = { window: 2, max_steps: 300 } as Run;
const series = (mean: number[], size = 1): Series => ({
  metric: "",
  resolution: size,
  first: mean.map((_, i) => 1 + i * size),
  last: mean.map((_, i) => (i + 1) * size),
  mean,
  low: mean.map((value) => value - 10),
  high: mean.map((value) => value + 10),
});
const recovered: Recovery = {
  state: "recovered",
  text: "recovered after 42 episodes: survival fell from 280 to 90 steps and came back to 80%",
  moved_at: 400,
  before: 280,
  lowest: 90.4,
  lowest_at: 420,
  episodes: 42,
};
const state = (recovery: Partial<Recovery>): State =>
  ({
    episode: 4,
    mean_survival: 123.4,
    window: 100,
    recovery,
    metrics: { intrinsic_weight: 0.25, epsilon: 0.331, extrinsic_reward: -2.5, total_reward: 2 },
  }) as State;

describe("survival", () => {
  const drawing = survivalTrend.draw({ survival_time: series([100, 120, 80, 140]) }, run, null);

  it("is smoothed over the window of the run and drawn up to its step limit", () => {
    expect(drawing.curves[1]!.y).toEqual([100, 110, 100, 110]);
    expect(drawing.frame).toEqual({ first: 1, last: 4, low: 0, high: 300 });
    expect(drawing.legend[0]!.text).toBe("mean of the last 2 episodes, steps");
  });

  it("is told by the state shown, with as many episodes as there are", () => {
    expect(drawing.sentenceOf(state({ state: "not moved yet" }), true)).toBe(
      "From 100 to 123 steps, the mean of the last 4 episodes.",
    );
    expect(drawing.sentenceOf(state({}), false)).toBe(
      "Episode 4: 123 steps on average over the last 4 episodes.",
    );
    expect(drawing.sentenceAt(2, 3)).toBe("Episode 3: 100 steps on average.");
  });

  it("tells of the recovery in the projection's own words and numbers", () => {
    expect(drawing.sentenceOf(state(recovered), true)).toContain(
      " Recovered after 42 episodes: survival fell from 280 to 90 steps and came back to 80%.",
    );
    expect(moveMarks(recovered, 600)).toEqual([
      { episode: 400, label: "Affordances Randomized", until: 442, note: "down to 90, back after 42" },
    ]);
  });

  it.each([
    ["not moved yet", { moved_at: null }, []],
    ["too early", { lowest: null, episodes: null }, [{}]],
    ["no drop", { episodes: null }, [{}]],
    ["recovering", { episodes: null }, [{ until: 600, note: "down to 90, not back yet" }]],
    ["not recovered", { episodes: null }, [{ until: 600, note: "down to 90, not back yet" }]],
  ] as [Recovery["state"], Partial<Recovery>, object[]][])(
    "marks the move when it is %s",
    (now, changed, marks) => {
      const move = { episode: 400, label: "Affordances Randomized" };
      expect(moveMarks({ ...recovered, ...changed, state: now }, 600)).toEqual(
        marks.map((mark) => ({ ...move, ...mark })),
      );
    },
  );
});

describe("reward", () => {
  it("is what the town gives and what curiosity adds, over the episodes of a point", () => {
    const drawing = rewardTrend.draw(
      { extrinsic_reward: series([-3, -2], 8), total_reward: series([1, 2], 8) },
      run,
      null,
    );
    expect(drawing.curves[1]!.y).toEqual([4, 4]);
    expect(drawing.sentenceOf(state({}), true)).toBe("Episode 4: −2.5 from the town, 4.5 from curiosity.");
    expect(drawing.sentenceAt(1, 12)).toBe("Episode 12: −2 from the town, 4 from curiosity, per episode.");
  });
});

describe("curiosity", () => {
  const drawing = curiosityTrend.draw(
    { intrinsic_weight: series([1, 0.5]), epsilon: series([0.9, 0.3]) },
    run,
    null,
  );

  it("is told by the state shown, as the headline tells it", () => {
    expect(drawing.sentenceOf(state({}), true)).toBe(
      "Now: curiosity weighs 0.25; 33 % of actions are random.",
    );
    expect(drawing.sentenceOf(state({}), false)).toMatch(/^Episode 4: curiosity weighs 0.25/);
  });

  it("is not drawn in a run without it", () => {
    const without = curiosityTrend.draw(
      { intrinsic_weight: series([0, 0]), epsilon: series([0.9, 0.3]) },
      { ...run, novelty: "none" },
      null,
    );
    expect(without.curves.map((curve) => curve.name)).toEqual(["epsilon"]);
    expect(without.columns.map((column) => column.name)).toEqual(["Epsilon"]);
    expect(without.sentenceOf(state({}), true)).toBe(
      "Now: no curiosity in this run; 33 % of actions are random.",
    );
  });

  it("is told by the curve under the pointer", () =>
    expect(drawing.sentenceAt(1, 2)).toBe("Episode 2: curiosity weighs 0.5; 30 % of actions are random."));
});
