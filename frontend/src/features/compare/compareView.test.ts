import { describe, expect, it } from "vitest";
import { formatCompareView, parseCompareView, questionOf } from "./compareView";

describe("the address of a comparison", () => {
  it("holds the runs, the grouping, the axis, the mean and the two towns", () => {
    const search =
      "?run=aa&run=bb&group_by=population.gamma&axis=agent-steps&middle=iqm&left=bb&right=aa&episode=40";
    const view = parseCompareView(search);
    expect(view).toEqual({
      runs: ["aa", "bb"],
      groupBy: "population.gamma",
      axis: "agent-steps",
      middle: "iqm",
      left: "bb",
      right: "aa",
      episode: 40,
    });
    expect(formatCompareView(view)).toBe(search);
  });

  it("leaves out what is as usual, and keeps what belongs to others", () => {
    const view = parseCompareView("?run=aa&run=aa&axis=hours&episode=0&theme=dark");
    expect(view).toMatchObject({ runs: ["aa"], axis: "episodes", episode: null });
    expect(formatCompareView(view, "?theme=dark&episode=7")).toBe("?theme=dark&run=aa");
  });

  it("asks the server for nothing that the page draws by itself", () => {
    const view = parseCompareView("?run=aa&run=bb&middle=iqm&left=aa&right=bb&episode=3");
    expect(questionOf(view)).toBe("?run=aa&run=bb");
  });
});
