import { describe, expect, it } from "vitest";
import { stillOf } from "./still";

describe("a still page", () => {
  it.each([
    ["", null],
    ["?episode=5", null],
    ["?still", "screen"],
    ["?episode=5&still=", "screen"],
    ["?still=page&theme=dark", "page"],
  ])("%s is %s", (search, still) => expect(stillOf(search)).toBe(still));
});
