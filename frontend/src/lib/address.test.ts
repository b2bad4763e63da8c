import { describe, expect, it } from "vitest";
import { formatView, parseEpisodeKey, parseView, START_VIEW, type View } from "./address";

describe("the view in the address", () => {
  it("reads the example of the design", () => {
    expect(parseView("?episode=5012&speed=10")).toEqual({ ...START_VIEW, episode: 5012, speed: 10 });
  });

  it("leaves out what is at its default", () => {
    expect(formatView(START_VIEW)).toBe("");
    expect(formatView({ ...START_VIEW, episode: 7 })).toBe("?episode=7");
  });

  it.each<View>([
    { ...START_VIEW, episode: 5012, speed: 100, map: "novelty" },
    { ...START_VIEW, map: "none", compare: [{ episode: 4960 }, { episode: 5040 }] },
    { ...START_VIEW, episode: 1, speed: 10, compare: [{ episode: 2301 }, { episode: 2301, attempt: 1 }] },
    { ...START_VIEW, tour: 3 },
    { ...START_VIEW, smooth: 500, x: "hours", log: ["loss", "survival"], ownScale: true, wholePath: true },
    { ...START_VIEW, present: "survival", episode: 7, step: 12 },
    { ...START_VIEW, present: "" },
    {
      ...START_VIEW,
      needs: [0.15, 1, 0],
      cell: { x: 0, y: 11 },
      colours: "values",
      beside: { episode: 4900 },
    },
    { ...START_VIEW, against: "LEFT", over: ["clean & warm", "money"] },
    { ...START_VIEW, beside: { run: "mfrggzdfmztwq2lknnwg23tpoa", episode: 4900 } },
    {
      ...START_VIEW,
      episode: 450,
      speed: 1_000,
      zoom: { first: 400, last: 700 },
      loop: { first: 440, last: 460 },
    },
  ])("comes back as it went: %j", (view) => expect(parseView(formatView(view))).toEqual(view));

  it("keeps what is not its own", () => {
    const view = { ...START_VIEW, episode: 7 };
    expect(formatView(view, "?theme=dark&episode=3&map=none&still")).toBe("?episode=7&theme=dark&still=");
  });

  it.each([
    "?episode=0",
    "?episode=-3",
    "?episode=1e9",
    "?episode=abc",
    "?speed=7",
    "?map=x",
    "?compare=5",
    "?compare=5,x",
    "?episode=",
    "?zoom=5",
    "?zoom=700-400",
    "?zoom=1-2-3",
    "?loop=-4",
    "?smooth=50",
    "?x=days",
    "?log=<b>",
    "?needs=15,101",
    "?needs=",
    "?cell=3",
    "?cell=-1,2",
    "?colours=x",
    "?beside=run@",
    "?beside=../x@5",
    "?against=",
    "?over=energy",
    "?over=energy,energy",
    "?over=energy,money,mood",
  ])("takes nonsense for the default: %s", (search) => expect(parseView(search)).toEqual(START_VIEW));

  it("reads an episode of a superseded attempt, and nothing else with an @", () => {
    expect(parseEpisodeKey("12@2")).toEqual({ episode: 12, attempt: 2 });
    expect([
      parseEpisodeKey("12@"),
      parseEpisodeKey("@2"),
      parseEpisodeKey("1@2@3"),
      parseEpisodeKey(""),
    ]).toEqual([null, null, null, null]);
  });
});
