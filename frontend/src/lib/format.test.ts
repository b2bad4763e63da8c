import { describe, expect, it } from "vitest";
import { bytes, count, duration, meterLevel, number } from "./format";

describe("format", () => {
  it.each([
    [0, "0"],
    [-0, "0"],
    [-0.0001, "−1e-4"],
    [0.000293, "2.9e-4"],
    [0.0712, "0.071"],
    [-0.41, "−0.41"],
    [1.5, "1.5"],
    [42, "42"],
    [42.04, "42"],
    [1234.5, "1,235"],
    [Number.NaN, "–"],
  ])("writes %d as %s", (value, text) => expect(number(value)).toBe(text));

  it("never turns 10 or 100 into 1 by cutting zeros", () => {
    expect([number(10), number(100), number(20.0), count(5000)]).toEqual(["10", "100", "20", "5,000"]);
  });

  it.each([
    [12.4, "12 s"],
    [60, "1 min"],
    [3725, "1 h 2 min"],
    [7200, "2 h"],
    [200_000, "2 d 7 h"],
    [-5, "0 s"],
  ])("writes %d seconds as %s", (seconds, text) => expect(duration(seconds)).toBe(text));

  it("writes bytes in binary units", () => {
    expect([bytes(0), bytes(1536), bytes(641_728_512)]).toEqual(["0 B", "1.5 KiB", "612 MiB"]);
  });

  it("writes money in the currency of the run and other meters in per cent", () => {
    const run = { meter_full_scale: { money: 100 }, currency: "$" };
    expect(meterLevel("money", 0.37, run)).toBe("$37");
    expect(meterLevel("money", 0.37, { ...run, currency: "coins" })).toBe("37 coins");
    expect(meterLevel("energy", 0.624, run)).toBe("62%");
  });
});
