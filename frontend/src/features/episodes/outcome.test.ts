import { describe, expect, it } from "vitest";
import type { EpisodeReplay } from "@/lib/messages";
import { commonStart, leftPlaces, outcomeRows } from "./outcome";

const replay = (agent: number, start: number): EpisodeReplay =>
  ({
    metrics: {
      episode_id: 4960,
      agent,
      survival_time: 150,
      cause: "energy",
      extrinsic_reward: -2,
      total_reward: 1.5,
    },
    path: [start, 3],
    uses: [{ step: 1, affordance: "Bed" }],
  }) as unknown as EpisodeReplay;

describe("two episodes side by side", () => {
  it("say whether they began alike", () => {
    expect(commonStart([replay(2, 9), replay(2, 9)], 8)).toBe(
      "Both begin in column 2, row 2, and are lived by the same agent.",
    );
    expect(commonStart([replay(2, 9), replay(3, 9)], 8)).toContain("but by two agents");
    expect(commonStart([replay(2, 9), replay(2, 8)], 8)).toContain("different cells");
  });

  it("say when a resumed run repeated an episode exactly", () => {
    const kept = { ...replay(2, 9), attempt: 2 };
    expect(commonStart([kept, { ...kept, attempt: 1 }], 8)).toContain("The two are identical");
    expect(commonStart([kept, { ...replay(2, 8), attempt: 1 }], 8)).not.toContain("identical");
  });

  it("show what each ended in", () => {
    const rows = Object.fromEntries(outcomeRows([replay(2, 9)]).map(({ name, values }) => [name, values[0]]));
    expect(rows).toMatchObject({ Episode: "4,960", End: "ran out of energy", "Affordances used": "1" });
  });

  it("mark only the places that were left", () => {
    const bed = { name: "Bed", x: 1, y: 1 };
    const job = { name: "Job", x: 2, y: 2 };
    expect(leftPlaces([bed, job], [{ ...bed, x: 5 }, job])).toEqual([bed]);
  });
});
