import { describe, expect, it } from "vitest";
import type { MapLayer } from "@/lib/address";
import { MOST_SECONDS, secondsOf, turnOf, type Programme, type SlideName } from "./plan";

const ALL: SlideName[] = [
  "survival",
  "hour",
  "garden path",
  "reward",
  "curiosity",
  "mind",
  "scorecard",
  "scorecard 2",
];
const FEWEST: SlideName[] = ["survival", "garden path", "reward", "scorecard", "scorecard 2"];
const BOTH: MapLayer[] = ["visits", "novelty"];

const programmes: [string, Programme][] = [];
for (const slides of [ALL, FEWEST])
  for (const scenes of [0, 2, 6])
    for (const layers of [BOTH, ["visits"] as MapLayer[]])
      programmes.push([
        `${slides.length} slides, ${scenes} scenes, ${layers.length} layers`,
        { slides, scenes, layers },
      ]);

describe("the plan of the stream", () => {
  it("takes at most 20 s a turn, whatever the address asks for", () => {
    expect([null, "20", "600", "1", "0", "x", "-5"].map(secondsOf)).toEqual([12, 20, 20, 3, 12, 12, 3]);
    expect(MOST_SECONDS).toBeLessThanOrEqual(20);
  });

  it.each(programmes)("shows another panel in every turn: %s", (_, programme) => {
    for (let turn = 0; turn < 200; turn += 1) {
      const [now, next] = [turnOf(turn, programme), turnOf(turn + 1, programme)];
      expect([next.slide, next.scene]).not.toEqual([now.slide, now.scene]);
      if (now.above === "headline") expect(next.above).not.toBe("headline");
      if (programme.layers.length > 1) expect(next.layer).not.toBe(now.layer);
    }
  });

  it.each(programmes)("shows every panel with its meaning and with the headline: %s", (_, programme) => {
    const turns = Array.from({ length: 4 * (programme.slides.length + programme.scenes) }, (_, turn) =>
      turnOf(turn, programme),
    );
    for (const slide of programme.slides) {
      const above = turns.filter((turn) => turn.slide === slide).map((turn) => turn.above);
      expect(new Set(above)).toEqual(new Set(["headline", "meaning"]));
    }
    const scenes = new Set(turns.map((turn) => turn.scene).filter((scene) => scene !== null));
    expect(scenes.size).toBe(programme.scenes);
  });
});
