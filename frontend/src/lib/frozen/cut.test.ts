import { expect, it } from "vitest";
import { cut } from "./cut";

it("keeps the points that overlap a stretch, in nested columns too", () => {
  const whole = {
    metric: "survival_time",
    first: [1, 6, 11],
    last: [5, 10, 15],
    mean: [1, 2, 3],
    by: { a: [4, 5, 6] },
  };
  expect(cut(whole, 5, 8)).toEqual({
    metric: "survival_time",
    first: [1, 6],
    last: [5, 10],
    mean: [1, 2],
    by: { a: [4, 5] },
  });
});

it("goes by single episodes where points are no stretches", () => {
  expect(cut({ episode: [10, 20, 30], loss: [1, null, 3] }, 15, 30)).toEqual({
    episode: [20, 30],
    loss: [null, 3],
  });
});
