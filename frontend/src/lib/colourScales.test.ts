import { describe, expect, it } from "vitest";
import { colourAt, gradientStops, inkOn } from "./colourScales";

describe("colour scales", () => {
  it("begins and ends where matplotlib's cividis and viridis do", () => {
    expect(colourAt("cividis", 0)).toBe("rgb(0, 34, 78)");
    expect(colourAt("cividis", 1)).toBe("rgb(254, 232, 56)");
    expect(colourAt("viridis", 0)).toBe("rgb(68, 1, 84)");
    expect(colourAt("viridis", 1)).toBe("rgb(253, 231, 37)");
  });

  it("goes through its stops and mixes between them", () => {
    expect(colourAt("time-light", 0.5)).toBe("rgb(150, 112, 154)");
    expect(colourAt("time-light", 0.125)).toBe("rgb(75, 103, 177)");
  });

  it("clamps what lies outside, and takes what is no number for nothing", () => {
    expect(colourAt("viridis", -3)).toBe(colourAt("viridis", 0));
    expect(colourAt("viridis", 7)).toBe(colourAt("viridis", 1));
    expect(colourAt("viridis", Number.NaN)).toBe(colourAt("viridis", 0));
  });

  it("writes white on the dark end and black on the light end", () => {
    for (const scale of ["cividis", "viridis"] as const) {
      expect(inkOn(scale, 0)).toBe("#ffffff");
      expect(inkOn(scale, 1)).toBe("#000000");
    }
  });

  it("gets lighter all the way along both quantity scales", () => {
    const lightness = (colour: string): number => {
      const [r, g, b] = colour.match(/\d+/g)!.map(Number) as [number, number, number];
      return 0.2126 * r ** 2.2 + 0.7152 * g ** 2.2 + 0.0722 * b ** 2.2;
    };
    for (const scale of ["cividis", "viridis"] as const) {
      const along = Array.from({ length: 51 }, (_, i) => lightness(colourAt(scale, i / 50)));
      along.slice(1).forEach((value, i) => expect(value).toBeGreaterThan(along[i]!));
    }
  });

  it("spreads the stops of a legend over its whole length", () => {
    const stops = gradientStops("viridis");
    expect([stops[0]!.offset, stops.at(-1)!.offset]).toEqual([0, 1]);
  });
});
