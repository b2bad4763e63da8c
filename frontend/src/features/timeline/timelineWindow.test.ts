import { describe, expect, it } from "vitest";
import { episodeAt, fractionOf } from "./scale";
import { holding, panned, pinched, shownOf, zoomed } from "./timelineWindow";

const LAST = 100_000;

describe("the timeline's window", () => {
  it("is the whole run at first", () => {
    expect(shownOf(null, LAST)).toEqual({ first: 1, last: LAST });
    expect(zoomed(null, 1 / 2, 0.5, LAST)).toBeNull();
  });

  it("keeps what lies under the pointer there", () => {
    const fraction = 0.3;
    const under = episodeAt(fraction, 1, LAST);
    const window = zoomed(null, 8, fraction, LAST)!;
    expect(Math.abs(fractionOf(under, window.first, window.last) - fraction)).toBeLessThan(0.001);
    expect(Math.abs(window.last - window.first - LAST / 8)).toBeLessThan(2);
  });

  it.each([0, 0.5, 1])("lets every single episode be reached, closest at %s", (fraction) => {
    let window = zoomed(null, 2, fraction, LAST);
    for (let i = 0; i < 40; i += 1) window = zoomed(window, 2, fraction, LAST);
    const { first, last } = window!;
    expect(last - first).toBe(19);
    expect(first).toBeGreaterThanOrEqual(1);
    expect(last).toBeLessThanOrEqual(LAST);
  });

  it("shows all of a run that is shorter than the closest zoom", () => {
    expect(zoomed(null, 4, 0.5, 12)).toBeNull();
    expect(zoomed(null, 4, 0.5, 1)).toBeNull();
  });

  it("goes back to the whole run", () => {
    let window = zoomed(null, 4, 0.9, LAST);
    for (let i = 0; i < 3; i += 1) window = zoomed(window, 1 / 2, 0.1, LAST);
    expect(window).toBeNull();
  });

  it("moves as little as needed to hold a moment", () => {
    const window = { first: 500, last: 600 };
    expect(holding(window, 550, 1000)).toEqual(window);
    expect(holding(window, 601, 1000)).toEqual({ first: 501, last: 601 });
    expect(holding(window, 100, 1000)).toEqual({ first: 100, last: 200 });
    expect(holding(window, 580, 590)).toEqual({ first: 490, last: 590 });
    expect(holding(null, 5, 1000)).toBeNull();
  });

  it("moves sideways, and stops at both ends", () => {
    expect(panned({ first: 500, last: 600 }, 0.5, 1000)).toEqual({ first: 550, last: 650 });
    expect(panned({ first: 10, last: 110 }, -0.5, 1000)).toEqual({ first: 1, last: 101 });
    expect(panned({ first: 880, last: 980 }, 0.5, 1000)).toEqual({ first: 900, last: 1000 });
    expect(panned({ first: 500, last: 600 }, 0.001, 1000)).toEqual({ first: 501, last: 601 });
  });

  it("follows two fingers, whichever of them was put down first", () => {
    const wider = pinched([400, 600], [0.25, 0.75], 1000)!;
    expect(wider).toEqual({ first: 300, last: 700 });
    expect(pinched([600, 400], [0.75, 0.25], 1000)).toEqual(wider);
    expect(pinched([400, 600], [0.5, 0.5], 1000)).toBeNull();
  });
});
