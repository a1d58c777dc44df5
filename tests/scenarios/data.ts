// Data that can be told from any other, made as it is sent and hashed as it arrives.
import { createHash } from "node:crypto";
import { writeAll } from "./hosts.ts";

const CHUNK = 64 * 1024;

/** Chunks of pseudo-random bytes, `length` in all, the same for the same seed (xorshift32). */
export function* pattern(length: number, seed: number): Generator<Uint8Array<ArrayBuffer>> {
  let state = seed | 1;
  for (let left = length; left > 0; left -= CHUNK) {
    const words = new Uint32Array(CHUNK / 4);
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state;
    }
    yield new Uint8Array(words.buffer, 0, Math.min(left, CHUNK));
  }
}

/** The pattern in one array. */
export function patternBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of pattern(length, seed)) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

/** Bytes and their SHA-256. */
export interface Digest {
  length: number;
  sha256: string;
}

/** The digest of the pattern. */
export function patternDigest(length: number, seed: number): Digest {
  const hash = createHash("sha256");
  for (const chunk of pattern(length, seed)) hash.update(chunk);
  return { length, sha256: hash.digest("hex") };
}

/** Sends the pattern, then the end of writing. */
export async function sendPattern(conn: Deno.Conn, length: number, seed: number): Promise<void> {
  for (const chunk of pattern(length, seed)) await writeAll(conn, chunk);
  await conn.closeWrite();
}

/** Reads to the end. */
export async function receiveDigest(conn: Deno.Conn): Promise<Digest> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(CHUNK);
  let length = 0;
  for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) {
    hash.update(buffer.subarray(0, n));
    length += n;
  }
  return { length, sha256: hash.digest("hex") };
}
