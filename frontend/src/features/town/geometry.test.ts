import { describe, expect, it } from "vitest";
import { arrowsOf, nodesOf, SIZE, timeRange } from "@/features/affordance-graph/affordanceGraph";
import { centreOf, rowsOf, trail } from "./geometry";

describe("the trail", () => {
  it("goes from middle to middle", () => {
    expect(trail([0, 1], 0, 1, 8)).toBe("M50 50L150 50");
  });

  it("rounds corners and leaves standing still out", () => {
    expect(trail([0, 1, 1, 9], 0, 3, 8)).toBe("M50 50L120 50Q150 50 150 80L150 150");
  });

  it("is empty for one cell and for nothing", () => {
    expect([trail([5, 5, 5], 0, 2, 8), trail([], 0, 9, 8)]).toEqual(["", ""]);
  });

  it("shows only the steps asked for", () => {
    expect(trail([0, 1, 2, 3], 2, 3, 8)).toBe("M250 50L350 50");
    expect(centreOf(63, 8)).toEqual({ x: 750, y: 750 });
  });
});

describe("the garden path", () => {
  const edge = (source: string, target: string, count: number, mean_episode = 50) => ({
    source,
    target,
    count,
    mean_episode,
    first_seen: 1,
    last_seen: 100,
  });
  const graph = {
    first: 1,
    last: 101,
    nodes: ["Bed", "Job", "Fridge", "Bar"],
    edges: [
      edge("Bed", "Job", 100, 101),
      edge("Job", "Bed", 25, 1),
      edge("Job", "Job", 5, 51),
      edge("Bed", "Nowhere", 3),
    ],
  };
  const nodes = nodesOf(graph);
  const arrows = arrowsOf(graph, nodes);

  it("pins nodes on a circle, the first at the top", () => {
    expect(nodes[0]).toMatchObject({ name: "Bed", x: SIZE / 2, anchor: "middle" });
    expect(nodes[2]!.y).toBeGreaterThan(nodes[0]!.y);
    expect(nodes[1]!.x).toBeGreaterThan(nodes[3]!.x);
  });

  it("counts what arrives at each node", () => {
    expect(nodes.map((node) => node.arrivals)).toEqual([25, 105, 0, 0]);
  });

  it("draws thick what is frequent, and last", () => {
    expect(arrows.map((arrow) => arrow.edge.count)).toEqual([5, 25, 100]);
    expect(arrows[2]!.width).toBeGreaterThan(arrows[1]!.width * 2);
  });

  it("colours by the place in time", () => {
    expect(arrows.map((arrow) => arrow.time)).toEqual([0.5, 0, 1]);
  });

  it("spans its colours over the transitions that matter", () => {
    expect(timeRange(graph)).toEqual([1, 101]);
    const rare = edge("Bar", "Bed", 1, 99_999);
    expect(timeRange({ ...graph, edges: [...graph.edges, rare] })).toEqual([1, 101]);
    expect(timeRange({ ...graph, edges: [] })).toEqual([1, 101]);
    expect(arrowsOf({ ...graph, edges: [edge("Bed", "Job", 9, 70)] }, nodes)[0]!.time).toBe(0.5);
  });

  it("bends there and back to different sides", () => {
    const [there, back] = [arrows[2]!.curve, arrows[1]!.curve];
    const bend = (curve: string): string => /Q([\d.-]+ [\d.-]+)/.exec(curve)![1]!;
    expect(bend(there)).not.toBe(bend(back));
  });

  it("leaves out transitions to what is not on the circle", () => {
    expect(arrows.some((arrow) => arrow.edge.target === "Nowhere")).toBe(false);
  });
});

describe("cells side by side", () => {
  it("are one stretch of their row", () => {
    expect(rowsOf([1, 2, 3, 4, 6], 4)).toEqual([
      { x: 1, y: 0, length: 3 },
      { x: 0, y: 1, length: 1 },
      { x: 2, y: 1, length: 1 },
    ]);
  });
});
