/**
 * Decodes numbers of 16 bits (IEEE 754 binary16), the format of weights in the log. Chromium 103 has no
 * Float16Array.
 */

/** Decode base64 of little-endian float16 numbers. Throws when `base64` is not base64 of whole numbers. */
export function decodeFloat16(base64: string): Float32Array {
  const bytes = atob(base64);
  if (bytes.length % 2 !== 0) throw new Error(`${bytes.length} bytes are no whole number of float16`);
  const numbers = new Float32Array(bytes.length / 2);
  const bits = new Uint32Array(numbers.buffer);
  for (let i = 0; i < numbers.length; i += 1) {
    const half = bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8);
    // The same fraction and exponent as a float32, whose exponents begin 112 lower: exact, also below 2^-14.
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
    if ((half & 0x7c00) === 0x7c00) numbers[i] = half & 0x3ff ? NaN : half & 0x8000 ? -Infinity : Infinity;
    else numbers[i]! *= 2 ** 112;
  }
  return numbers;
}
