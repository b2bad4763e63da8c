import { describe, expect, it } from "vitest";
import type { Causes, Health, State } from "@/lib/messages";
import { causesTrend } from "./causesTrend";
import { healthTrends, keptHeartbeats } from "./healthTrends";
import type { Context } from "./trend";

const context = { smoothing: 100 } as Context;
const health = {
  resolution: 1,
  episode: [10, 20, 30, 20, 30, 40],
  loss: [null, 5, 5, 1, 2, 3],
  replay_fill: [0.1, 0.2, 0.3, 0.2, 0.3, 0.4],
} as unknown as Health;

describe("trends from heartbeats", () => {
  it("leave out the heartbeats of superseded episodes", () => {
    expect(keptHeartbeats(health, "loss")).toEqual({
      first: [1, 11, 21, 31],
      last: [10, 20, 30, 40],
      values: [null, 1, 2, 3],
    });
  });

  it("leave out a heartbeat before the end of the first episode", () => {
    const young = { episode: [0, 0, 10], loss: [null, 7, 8] } as unknown as Health;
    expect(keptHeartbeats(young, "loss")).toEqual({ first: [1], last: [10], values: [8] });
  });

  it("smooth what is measured, not what is not there yet, and never the table", () => {
    const drawing = healthTrends.find((trend) => trend.key === "loss")!.draw(health, context);
    expect(drawing.curves[0]!.y).toEqual([null, 1, 1.5, 2]);
    expect(drawing.columns[0]!.values).toEqual([null, 1, 2, 3]);
    expect(drawing.sentenceAt(0, 5)).toBe("Episode 5: nothing was learnt yet.");
    expect(drawing.sentenceAt(2, 25)).toBe("Episode 25: a loss of 1.5.");
    const said = (episode: number) => drawing.sentenceOf({ episode } as State, false);
    expect(said(29)).toBe("Episodes 1 to 20: a loss of 1.");
    expect(said(30)).toBe("Episodes 1 to 30: a loss of 1.5.");
    expect(said(9)).toBe("The chart begins with episode 10.");
  });

  it("do not smooth what is exact", () => {
    const drawing = healthTrends.find((trend) => trend.key === "replay")!.draw(health, context);
    expect(drawing.curves[0]!.y).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(drawing.legend[0]!.text).toBe("as measured");
  });
});

describe("causes", () => {
  const causes: Causes = {
    resolution: 4,
    first: [1, 5],
    last: [4, 6],
    episodes: { limit: [1, 2], energy: [3, 0], heat: [0, 0] },
  };

  it("are shares of each point's episodes, whoever lived to the limit on top", () => {
    const drawing = causesTrend.draw(causes, { ...context, smoothing: 1 });
    expect(drawing.curves.map((curve) => [curve.name, curve.y])).toEqual([
      ["energy", [75, 0]],
      ["heat", [0, 0]],
      ["limit", [25, 100]],
    ]);
    expect(drawing.sentenceAt(0, 2)).toBe("Episode 2: no energy left 75%, alive at the step limit 25%.");
  });

  it("are said of episodes that had ended, with which they were", () => {
    const drawing = causesTrend.draw(causes, { ...context, smoothing: 1 });
    const said = (episode: number) => drawing.sentenceOf({ episode } as State, false);
    expect(said(5)).toBe("Episodes 1 to 4: no energy left 75%, alive at the step limit 25%.");
    expect(said(6)).toBe("Episodes 5 to 6: alive at the step limit 100%.");
  });

  it("weigh a point by its episodes when they are smoothed", () => {
    const drawing = causesTrend.draw(causes, context);
    expect(drawing.curves[0]!.y).toEqual([75, 50]);
  });
});
