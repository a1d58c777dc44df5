// Stand-in for @std/streams where JSR is out of reach: the functions which the tests use, same signatures.
import { concat } from "./bytes.ts";

/** All bytes of a stream, read to its end; rejects with the stream's error. */
export async function toArrayBuffer(readableStream: ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  return concat(await Array.fromAsync(readableStream.values())).buffer;
}

/** All text of a stream of strings or UTF-8 bytes, read to its end; rejects with the stream's error. */
export async function toText(readableStream: ReadableStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of readableStream.values()) {
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
