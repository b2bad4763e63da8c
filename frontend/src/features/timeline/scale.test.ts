import { describe, expect, it } from "vitest";
import type { Annotation } from "@/lib/messages";
import { episodeAt, fractionOf, keyTarget, silhouette, speedsFor, ticksOf } from "./scale";

const at = (episode: number, kind: string, text = ""): Annotation => ({
  episode,
  kind,
  text,
  position: episode * 4,
});
const key = (name: string, shiftKey = false) => ({ key: name, shiftKey });

describe("the timeline's scale", () => {
  it("turns episodes into places and back", () => {
    for (const episode of [1, 2, 4999, 5000, 10_000]) {
      expect(episodeAt(fractionOf(episode, 1, 10_000), 1, 10_000)).toBe(episode);
    }
  });

  it("stays on the track", () => {
    expect([fractionOf(-5, 1, 10), fractionOf(99, 1, 10), fractionOf(1, 1, 1)]).toEqual([0, 1, 0]);
    expect([episodeAt(-1, 1, 10), episodeAt(2, 1, 10)]).toEqual([1, 10]);
  });
});

describe("the timeline's keys", () => {
  it.each([
    ["ArrowLeft", false, 499],
    ["ArrowRight", false, 501],
    ["ArrowLeft", true, 490],
    ["PageUp", false, 400],
    ["PageDown", false, 600],
    ["Home", false, 1],
    ["End", false, 1000],
    ["ArrowUp", false, 501],
    ["l", false, null],
    ["x", false, null],
  ])("%s (shift %s) at 500 leads to %s", (name, shift, target) => {
    expect(keyTarget(key(name, shift), 500, 1000)).toBe(target);
  });

  it("stops at both ends", () => {
    expect(keyTarget(key("PageUp"), 30, 1000)).toBe(1);
    expect(keyTarget(key("ArrowRight"), 1000, 1000)).toBe(1000);
  });
});

describe("speeds", () => {
  it.each([
    [0, [1, 10, 100]],
    [10_000, [1, 10, 100]],
    [100_000, [1, 10, 100, 1000]],
    [1_000_000, [1, 10, 100, 1000, 10_000]],
  ])("of a run of %s episodes are %j, so that none of them plays all day", (episodes, speeds) => {
    expect(speedsFor(episodes)).toEqual(speeds);
  });
});

describe("landmarks", () => {
  it("keeps the important one where two would overlap", () => {
    const ticks = ticksOf([at(5000, "record"), at(5001, "randomized")], 1, 10_000, 1000);
    expect(ticks.map((tick) => tick.kind)).toEqual(["randomized"]);
  });

  it("shows both where there is room", () => {
    const ticks = ticksOf([at(5000, "record"), at(5200, "randomized")], 1, 10_000, 1000);
    expect(ticks.map((tick) => tick.episode)).toEqual([5000, 5200]);
  });

  it("leaves checkpoints to their own row", () => {
    expect(ticksOf([at(100, "checkpoint")], 1, 1000, 1000)).toEqual([]);
  });

  it("outlines survival from edge to edge", () => {
    const outline = silhouette({ first: [1, 51], last: [50, 100], mean: [0, 250] }, 1, 100, 500);
    expect(outline).toBe("M0 100L0 100.0L247.5 100.0L752.5 50.0L1000 50.0L1000 100Z");
    expect(silhouette({ first: [], last: [], mean: [] }, 1, 100, 500)).toBe("");
  });
});
