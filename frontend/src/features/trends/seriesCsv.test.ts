import { expect, it } from "vitest";
import { seriesCsv } from "./seriesCsv";

it("writes one row per point, quotes what needs it and leaves out what is not known", () => {
  const csv = seriesCsv({
    points: { first: [1, 17], last: [16, 32] },
    columns: [
      { name: "Mean, steps", values: [101.5, 220] },
      { name: "Loss", values: [null, 0.25] },
    ],
  });
  expect(csv).toBe('first_episode,last_episode,"Mean, steps",Loss\r\n1,16,101.5,\r\n17,32,220,0.25\r\n');
});
