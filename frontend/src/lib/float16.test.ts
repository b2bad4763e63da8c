import { expect, test } from "vitest";
import { decodeFloat16 } from "./float16";

const base64 = (...words: number[]): string =>
  btoa(String.fromCharCode(...words.flatMap((w) => [w & 255, w >> 8])));

test("numbers of every kind are decoded", () => {
  const found = decodeFloat16(
    base64(0x0000, 0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x7c00, 0xfc00),
  );
  expect([...found]).toEqual([
    0,
    1,
    -2,
    0.333251953125,
    65504,
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    Infinity,
    -Infinity,
  ]);
  expect(decodeFloat16(base64(0x7e00))[0]).toBeNaN();
});

test("nothing is no number, and half a number is an error", () => {
  expect(decodeFloat16("")).toHaveLength(0);
  expect(() => decodeFloat16(btoa("abc"))).toThrow("3 bytes");
});
