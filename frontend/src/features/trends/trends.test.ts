import { describe, expect, it } from "vitest";
import type { Recovery, Run, Series, State } from "@/lib/messages";
import { curiosityTrend } from "./curiosityTrend";
import { rewardTrend } from "./rewardTrend";
import { dropMarks, eventMarks, placeMarks } from "./marks";
import { survivalTrend } from "./survivalTrend";
import type { Context } from "./trend";

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
  window: 100,
};
const context: Context = {
  run,
  recovery: null,
  stages: [
    { stage: 1, name: "", first: 1, last: 2 },
    { stage: 2, name: "", first: 3, last: 4 },
  ],
  baseline: {
    policy: "random",
    episodes: 256,
    stages: [
      { stage: 1, mean_survival: 90, low: 85, high: 95 },
      { stage: 2, mean_survival: 60.4, low: 55, high: 65 },
    ],
  },
  smoothing: 10,
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
  const survival = series([100, 120, 80, 140]);
  const drawing = survivalTrend.draw({ survival_time: survival }, context);

  it("is smoothed as the viewer chose and drawn up to the step limit", () => {
    expect(drawing.curves[1]!.y).toEqual([100, 110, 100, 110]);
    expect(drawing.frame).toEqual({ first: 1, last: 4, low: 0, high: 300 });
    expect(drawing.legend[0]!.text).toBe("mean of the last 10 episodes");
    const raw = survivalTrend.draw({ survival_time: survival }, { ...context, smoothing: 1 });
    expect(raw.curves[1]!.y).toEqual([100, 120, 80, 140]);
    expect(raw.legend[0]!.text).toBe("not smoothed");
  });

  it("has a band over the same episodes as the mean, also where a point is one episode", () => {
    expect(drawing.curves[0]!.low).toEqual([90, 90, 70, 70]);
    expect(drawing.curves[0]!.y).toEqual([110, 130, 130, 150]);
  });

  it("never smooths the numbers of its table", () => {
    expect(drawing.columns.map((column) => column.values)).toEqual([
      survival.mean,
      survival.low,
      survival.high,
    ]);
  });

  it("shows the random policy of each stage, and says where there is none", () => {
    expect(drawing.curves[2]).toMatchObject({
      kind: "dotted",
      x: [0.5, 2.5, 2.5, 2.5, 4.5, 4.5],
      y: [90, 90, NaN, 60.4, 60.4, NaN],
    });
    const without = survivalTrend.draw({ survival_time: survival }, { ...context, baseline: null });
    expect(without.curves).toHaveLength(2);
    expect(without.legend[2]!.text).toBe("this run measured no random policy");
  });

  it("is told by the state shown, with as many episodes as there are", () => {
    expect(drawing.sentenceOf(state({ state: "not moved yet" }), true)).toBe(
      "From 110 steps over the episodes 1 to 4 to 123 steps on average over the last 4 episodes.",
    );
    expect(drawing.sentenceOf(state({}), false)).toBe(
      "Episode 4: 123 steps on average over the last 4 episodes.",
    );
    expect(drawing.sentenceAt(2, 3)).toBe(
      "Episode 3: 100 steps on average over 10 episodes, 70 to 130." +
        " A random policy survives 60 steps in stage 2 (95% interval 55 to 65).",
    );
  });

  it("begins with the points that lie wholly in the first window", () => {
    const coarse = survivalTrend.draw({ survival_time: series([100, 200, 300], 40) }, context);
    expect(coarse.sentenceOf(state({ state: "not moved yet" }), true)).toMatch(
      /^From 150 steps over the episodes 1 to 80 to /,
    );
  });

  it("tells of the recovery in the projection's own words and numbers", () => {
    expect(drawing.sentenceOf(state(recovered), true)).toContain(
      " Recovered after 42 episodes: survival fell from 280 to 90 steps and came back to 80%.",
    );
    expect(dropMarks(recovered, 600)).toMatchObject([
      { episode: 400, until: 442, note: "mean of 100 down to 90, back after 42" },
    ]);
  });

  it.each([
    ["not moved yet", { moved_at: null }, []],
    ["too early", { lowest: null, episodes: null }, []],
    ["no drop", { episodes: null }, []],
    ["recovering", { episodes: null }, [{ until: 600, note: "mean of 100 down to 90, not back yet" }]],
    ["not recovered", { episodes: null }, [{ until: 600, note: "mean of 100 down to 90, not back yet" }]],
  ] as [Recovery["state"], Partial<Recovery>, object[]][])(
    "shades the drop when it is %s",
    (now, changed, marks) => {
      expect(dropMarks({ ...recovered, ...changed, state: now }, 600)).toMatchObject(marks);
    },
  );
});

describe("events on charts", () => {
  const annotation = (kind: string, episode: number) => ({ kind, episode, position: 0, text: "" });
  const marks = eventMarks(
    [
      annotation("resumed", 30),
      annotation("randomized", 400),
      annotation("drop", 410),
      annotation("stage", 7),
    ],
    recovered,
  );

  it("are the move, the drop noticed, the recovery and the resumes", () => {
    expect(marks.map(({ kind, episode }) => [kind, episode])).toEqual([
      ["resume", 30],
      ["move", 400],
      ["drop", 410],
      ["recovery", 442],
    ]);
  });

  it("have labels where there is room, the move first, and never two over each other", () => {
    const placed = placeMarks(
      marks,
      (episode) => episode,
      0,
      500,
      (text) => text.length * 6,
    );
    expect(placed.map(({ kind, side }) => [kind, side])).toEqual([
      ["resume", "start"],
      ["move", "end"],
      ["drop", "start"],
      ["recovery", null],
    ]);
  });

  it("are left out where the chart does not reach", () => {
    expect(
      placeMarks(
        marks,
        (episode) => episode,
        0,
        100,
        () => 10,
      ).map((mark) => mark.kind),
    ).toEqual(["resume"]);
  });
});

describe("reward", () => {
  it("is what the town gives and what curiosity adds, over the episodes of a point", () => {
    const drawing = rewardTrend.draw(
      { extrinsic_reward: series([-3, -2], 8), total_reward: series([1, 2], 8) },
      context,
    );
    expect(drawing.curves[1]!.y).toEqual([4, 4]);
    expect(drawing.sentenceOf(state({}), true)).toBe("Episode 4: −2.5 from the town, 4.5 from curiosity.");
    expect(drawing.sentenceAt(1, 12)).toBe("Episode 12: −2 from the town, 4 from curiosity, per episode.");
  });
});

describe("curiosity", () => {
  const drawing = curiosityTrend.draw(
    { intrinsic_weight: series([1, 0.5]), epsilon: series([0.9, 0.3]) },
    context,
  );

  it("is told by the state shown, as the headline tells it", () => {
    expect(drawing.sentenceOf(state({}), true)).toBe(
      "Now: curiosity weighs 0.25; 33% of actions are random.",
    );
    expect(drawing.sentenceOf(state({}), false)).toMatch(/^Episode 4: curiosity weighs 0.25/);
  });

  it("is not drawn in a run without it", () => {
    const without = curiosityTrend.draw(
      { intrinsic_weight: series([0, 0]), epsilon: series([0.9, 0.3]) },
      { ...context, run: { ...run, novelty: "none" } },
    );
    expect(without.curves.map((curve) => curve.name)).toEqual(["epsilon"]);
    expect(without.columns.map((column) => column.name)).toEqual(["Epsilon"]);
    expect(without.sentenceOf(state({}), true)).toBe(
      "Now: no curiosity in this run; 33% of actions are random.",
    );
  });

  it("is told by the curve under the pointer", () =>
    expect(drawing.sentenceAt(1, 2)).toBe("Episode 2: curiosity weighs 0.5; 30% of actions are random."));
});
