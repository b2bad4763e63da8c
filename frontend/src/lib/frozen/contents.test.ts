import { describe, expect, it } from "vitest";
import { placeOf, type Contents, type Family } from "./contents";

const family = (given: Partial<Family>): Family => ({
  name: "state",
  address: "state?episode={}",
  starts: null,
  exact: false,
  last: 10,
  linesPerChunk: 4,
  ...given,
});
const contents = (...families: Family[]): Contents => ({
  run: "r",
  config: "c",
  seed: 0,
  position: 1,
  recordedAt: 0,
  episodes: 10,
  recordings: 2,
  families,
  single: ["run", "state"],
  pages: [],
});

describe("placeOf", () => {
  it("finds addresses without an episode", () => {
    expect(placeOf(contents(), "state")).toEqual({ chunk: "single-000", line: 1 });
    expect(placeOf(contents(), "nothing")).toBeNull();
  });
  it("counts lines through chunks", () => {
    const held = contents(family({}));
    expect(placeOf(held, "state?episode=1")).toEqual({ chunk: "state-000", line: 0 });
    expect(placeOf(held, "state?episode=10")).toEqual({ chunk: "state-002", line: 1 });
    expect(placeOf(held, "state?episode=11")).toBeNull();
    expect(placeOf(held, "state?episode=0")).toBeNull();
  });
  it("takes the newest answer that was given before an episode", () => {
    const held = contents(family({ name: "policy", address: "policy?episode={}", starts: [1, 5, 9] }));
    expect(placeOf(held, "policy?episode=4")).toEqual({ chunk: "policy-000", line: 0 });
    expect(placeOf(held, "policy?episode=5")).toEqual({ chunk: "policy-000", line: 1 });
    expect(placeOf(held, "policy?episode=10")).toEqual({ chunk: "policy-000", line: 2 });
  });
  it("gives a recording of no other episode", () => {
    const held = contents(family({ name: "replay", address: "replay/{}", starts: [2, 7], exact: true }));
    expect(placeOf(held, "replay/7")).toEqual({ chunk: "replay-000", line: 1 });
    expect(placeOf(held, "replay/6")).toBeNull();
    expect(placeOf(held, "replay/7?attempt=1")).toBeNull();
  });
});
