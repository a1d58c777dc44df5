// Data that comes out of streams of Node.
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { Digest } from "../scenarios/data.ts";

/** All that a stream gives. Unlike an iteration it leaves the stream as it is at its end, with its other side open. */
export async function textOf(stream: Readable): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  stream.on("data", (chunk: Uint8Array) => text += decoder.decode(chunk, { stream: true }));
  await once(stream, "end");
  return text + decoder.decode();
}

/** The length and the hash of all that a stream gives. */
export async function digestOf(stream: Readable): Promise<Digest> {
  const hash = createHash("sha256");
  let length = 0;
  stream.on("data", (chunk: Uint8Array) => {
    hash.update(chunk);
    length += chunk.length;
  });
  await once(stream, "end");
  return { length, sha256: hash.digest("hex") };
}
