import { describe, expect, it } from "vitest";
import {
  addAffordance,
  addMeter,
  emptied,
  figureOf,
  fileNameOf,
  freeCell,
  removeMeter,
  renameMeter,
  type Config,
} from "./town";

function town(): Config {
  const meter = { start: 1, drain: 0.01, move_cost: 0, vital: true, when_low: "" };
  return {
    experiment: { name: "old", description: "" },
    training: { num_episodes: 100, max_steps_per_episode: 200, randomize_affordances_at: null },
    curriculum: {
      stages: [{ active_meters: ["warmth", "gold"], depletion: 1, reward: "shaped", name: "", meaning: "" }],
    },
    world: {
      width: 3,
      height: 2,
      meters: [
        { ...meter, name: "warmth" },
        { ...meter, name: "gold" },
      ],
      affordances: [
        {
          name: "Stove",
          cell: [0, 0],
          kind: "",
          price: 1,
          wage: 0,
          effects: { warmth: 0.5 },
          refuses_above: { warmth: 0.8 },
          reduced_wage: { below: { warmth: 0.3 }, wage: 1 },
        },
      ],
      couplings: [{ meter: "gold", below: 0.3, drains: "warmth", by: 0.01 }],
      obstacles: [],
      money_meter: "gold",
      dollars_when_full: 100,
      currency: "$",
    },
  };
}

describe("a meter", () => {
  it("is renamed wherever it is named", () => {
    const config = town();
    renameMeter(config, 0, "heat");
    renameMeter(config, 1, "coins");
    expect(JSON.stringify(config)).not.toMatch(/warmth|gold/);
    expect(config.world.money_meter).toBe("coins");
    expect(config.world.affordances[0]!.effects).toEqual({ heat: 0.5 });
    expect(config.curriculum.stages[0]!.active_meters).toEqual(["heat", "coins"]);
  });

  it("keeps what is said about another one while its name is that of the other", () => {
    const config = town();
    renameMeter(config, 1, "warmth");
    renameMeter(config, 1, "warmth and more");
    expect(config.world.affordances[0]!.effects).toEqual({ warmth: 0.5 });
  });

  it("is taken out wherever it is named", () => {
    const config = town();
    removeMeter(config, 1);
    expect(JSON.stringify(config)).not.toMatch(/gold/);
    expect(config.world.money_meter).toBeNull();
    expect(config.world.couplings).toEqual([]);
    removeMeter(config, 0);
    expect(config.world.affordances[0]!.reduced_wage).toEqual({ below: {}, wage: 1 });
    expect(config.curriculum.stages[0]!.active_meters).toEqual([]);
  });

  it("that is new counts in every stage, under a name that is free", () => {
    const config = town();
    addMeter(config);
    addMeter(config);
    expect(config.curriculum.stages[0]!.active_meters).toEqual(["warmth", "gold", "need", "need 2"]);
  });
});

describe("a place", () => {
  it("that is new has a free name and a free cell", () => {
    const { world } = town();
    expect(freeCell(world, new Map([[1, "wall"]]))).toEqual([2, 0]);
    expect(addAffordance(world, [2, 0])).toBe(1);
    addAffordance(world, [0, 1]);
    expect(world.affordances.map(({ name }) => name)).toEqual(["Stove", "Place", "Place 2"]);
  });

  it("has no cell in a full town", () => {
    const { world } = town();
    const full = new Map([1, 2, 3, 4, 5].map((cell) => [cell, "water"] as const));
    expect(freeCell(world, full)).toBeNull();
  });
});

it("an empty town keeps the sections that it does not edit, and leaves the other as it was", () => {
  const config = { ...town(), population: { num_agents: 8 } };
  const empty = emptied(config);
  expect(empty.world.meters).toEqual([]);
  expect(empty.curriculum.stages).toHaveLength(1);
  expect(empty).toHaveProperty("population.num_agents", 8);
  expect(config.world.meters).toHaveLength(2);
});

it("a field of numbers holds a number, or the text that is none", () => {
  expect(["0.5", " 12 ", "-0.1", "1e-3", "+.5"].map(figureOf)).toEqual([0.5, 12, -0.1, 0.001, 0.5]);
  expect(["", "abc", "0.5.5", "Infinity", "NaN", "-"].map(figureOf)).toEqual([
    "",
    "abc",
    "0.5.5",
    "Infinity",
    "NaN",
    "-",
  ]);
});

it("a file is named after the run", () => {
  expect(fileNameOf("My town! No. 2")).toBe("my_town_no_2.yaml");
  expect(fileNameOf("床")).toBe("town.yaml");
});
