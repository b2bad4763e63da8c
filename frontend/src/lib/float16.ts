/** Numbers of 16 bits (IEEE 754 binary16), as the log keeps weights. Chromium 103 has no Float16Array. */

/** Decode base64 of little-endian float16 numbers. Throws when `base64` is not base64 of whole numbers. */
export function decodeFloat16(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  if (bytes.length % 2 !== 0) throw new Error(`${bytes.length} bytes are no whole number of float16`);
  const view = new DataView(bytes.buffer);
  const numbers = new Float32Array(bytes.length / 2);
  for (let i = 0; i < numbers.length; i += 1) numbers[i] = fromBits(view.getUint16(2 * i, true));
  return numbers;
}

function fromBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
