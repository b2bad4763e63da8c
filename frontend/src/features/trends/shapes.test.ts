import { describe, expect, it } from "vitest";
import type { Curve } from "./curves";
import { shapesOf, stacksOf } from "./shapes";

const curve = (kind: Curve["kind"], y: (number | null)[], more: Partial<Curve> = {}): Curve => ({
  name: kind,
  kind,
  colour: "accent",
  x: y.map((_, i) => i * 10),
  y,
  ...more,
});
const draw = (...curves: Curve[]) =>
  shapesOf(
    curves,
    (x) => x,
    (value) => 100 - value,
    1,
  );

describe("shapes", () => {
  it("are lines, interrupted where there is no value", () => {
    const [shape] = draw(curve("line", [1, 2, null, 4, NaN, 6]));
    expect(shape).toMatchObject({ d: "M0 99L10 98M30 96M50 94", stroke: "var(--accent)", fill: "none" });
  });

  it("fill bands from their low to their high values, under every line", () => {
    const [band, line] = draw(curve("line", [5, 5]), curve("band", [8, 9], { low: [1, 2], fill: "line" }));
    expect(band).toMatchObject({ d: "M0 92L10 91L10 98L0 99Z", fill: "var(--line)", stroke: "none" });
    expect(line!.fill).toBe("none");
  });

  it("stack areas by their sign", () => {
    const first = curve("area", [1, -1]);
    const second = curve("area", [2, -2], { name: "second", paint: "#123456" });
    const stacks = stacksOf([first, second]);
    expect(stacks.get(second)).toEqual({ base: [1, -1], top: [3, -3] });
    expect(draw(first, second)[1]).toMatchObject({ d: "M0 97L10 103L10 101L0 99Z", fill: "#123456" });
  });

  it("dash what is dashed or dotted", () => {
    expect(draw(curve("dashed", [1], { width: 2 }))[0]!.dash).toBe("8 6");
    expect(draw(curve("dotted", [1], { width: 2 }))[0]!.dash).toBe("2 3");
  });

  it("draw nothing of nothing", () => {
    expect(draw(curve("band", [], { low: [] }))[0]!.d).toBe("");
    expect(draw(curve("line", [null]))[0]!.d).toBe("");
  });
});
