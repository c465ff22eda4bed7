import { concatBytes } from "../../util/bytes.ts";

/**
 * HMAC (RFC 2104) with MD5 (RFC 1321), for CRAM-MD5 and nothing else: WebCrypto has no MD5. As a keyed digest it still
 * holds; as a plain one it does not, which is why `md5` stays in this file.
 */
export function hmacMd5(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? md5(key) : key);
  const inner = md5(concatBytes([block.map((byte) => byte ^ 0x36), message]));
  return md5(concatBytes([block.map((byte) => byte ^ 0x5c), inner]));
}

const BLOCK_BYTES = 64;

/** The rotations of the four rounds. */
const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

/** How each round walks through the words of a block: step `i` reads word `(factor * i + offset) % 16`. */
const WORD_ORDER = [
  [1, 0],
  [5, 1],
  [3, 5],
  [7, 0],
] as const;

/** "The integer part of 4294967296 times abs(sin(i))", i in radians (RFC 1321 section 3.4). */
const SINES = Array.from({ length: 64 }, (_, index) => Math.floor(2 ** 32 * Math.abs(Math.sin(index + 1))));

function md5(message: Uint8Array): Uint8Array {
  const blocks = pad(message);
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let start = 0; start < blocks.byteLength; start += BLOCK_BYTES) addBlock(state, blocks, start);

  const digest = new DataView(new ArrayBuffer(16));
  for (const [index, word] of state.entries()) digest.setUint32(index * 4, word, true);
  return new Uint8Array(digest.buffer);
}

/** The message, one set bit, zeros, and its length in bits, little-endian, up to a whole number of blocks. */
function pad(message: Uint8Array): DataView {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n, true);
  return view;
}

function addBlock(state: Uint32Array, blocks: DataView, start: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < 64; step++) {
    const round = step >> 4;
    const [factor, offset] = WORD_ORDER[round] ?? WORD_ORDER[0];
    const word = blocks.getUint32(start + ((factor * step + offset) % 16) * 4, true);
    const shift = SHIFTS[round]?.[step % 4] ?? 0;
    const sum = (a + mix(round, b, c, d) + word + (SINES[step] ?? 0)) | 0;
    [a, b, c, d] = [d, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0, b, c];
  }
  for (const [index, word] of [a, b, c, d].entries()) state[index] = (state[index] ?? 0) + word;
}

/** F, G, H and I of RFC 1321. */
function mix(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d);
  if (round === 1) return (b & d) | (c & ~d);
  if (round === 2) return b ^ c ^ d;
  return c ^ (b | ~d);
}
