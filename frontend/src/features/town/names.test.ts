import { describe, expect, it } from "vitest";
import { placeNames } from "./names";

const at = (name: string, x: number, y: number) => ({ name, x, y });

describe("names on the map of a town", () => {
  it("stand below their signs", () => {
    const places = placeNames([at("Bed", 3, 3), at("Job", 5, 3)], 8, 8, 16.5);
    expect(places.get("Bed")).toEqual({ x: 0, y: 44 });
    expect(places.get("Job")).toEqual({ x: 0, y: 44 });
    // Larger type begins below the sign, too.
    expect(placeNames([at("Bed", 3, 3)], 8, 8, 25).get("Bed")!.y).toBeGreaterThan(29 + 0.78 * 25);
  });

  it("stay inside the map", () => {
    const places = placeNames([at("Recreation", 0, 0), at("Recreation2", 7, 7)], 8, 8, 23);
    expect(places.get("Recreation")!.x).toBeGreaterThan(0);
    expect(places.get("Recreation2")!.x).toBeLessThan(0);
    expect(places.get("Recreation2")!.y + 0.22 * 23).toBeLessThanOrEqual(56);
  });

  it("of neighbours stand above and below", () => {
    const places = placeNames([at("Recreation", 2, 3), at("FastFood", 3, 3), at("Library", 4, 3)], 8, 8, 23);
    expect([...places.values()].map(({ y }) => y < 0)).toEqual([false, true, false]);
  });

  it("in the first row do not leave it at the top", () => {
    const places = placeNames([at("Recreation", 2, 0), at("FastFood", 3, 0)], 8, 8, 23);
    expect([...places.values()].map(({ y }) => y < 0)).toEqual([false, false]);
  });
});
