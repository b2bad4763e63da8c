import { expect, it } from "vitest";
import { searchInHash } from "./query";

it("finds the query string behind the hash of a frozen copy", () => {
  expect(searchInHash("#/?episode=5&theme=dark")).toBe("?episode=5&theme=dark");
  expect(searchInHash("#/")).toBe("");
  expect(searchInHash("")).toBe("");
});
