/**
 * A handler's response, sent by Node's HTTP.
 *
 * Main side.
 *
 * @module
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { holdsBody } from "./request.ts";

type BodyReader = ReadableStreamDefaultReader<Uint8Array>;
type BodyChunk = ReadableStreamReadResult<Uint8Array>;

const NOTHING = new Uint8Array(0);

/** Fields about how a body is sent, which is not the handler's to say: it cannot send trailers, for one. */
const OF_SENDING = ["transfer-encoding", "trailer"];

/**
 * Sends a response, and resolves when that is done or cannot be done. The body is read only as fast as the client takes
 * it, and cancelled when the client leaves. One that is there at once is sent with its length, any other in chunks.
 *
 * @param onBodyError told when the body fails; what has been sent by then is all that the client gets.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createServer } from "node:http";
 * import { sendResponse } from "./response.ts";
 *
 * const server = createServer((_request, target) => void sendResponse(new Response("Hello"), target, () => {}));
 * const port = await new Promise<number>((resolve) => {
 *   server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
 * });
 * const response = await fetch(`http://127.0.0.1:${port}`);
 * assertEquals([response.headers.get("content-length"), await response.text()], ["5", "Hello"]);
 * await new Promise((resolve) => server.close(resolve));
 * ```
 */
export async function sendResponse(
  response: Response,
  target: ServerResponse,
  onBodyError: (error: unknown) => unknown,
): Promise<void> {
  target.statusCode = response.status;
  target.statusMessage = response.statusText;
  // How much there is of a body is seen by who sends it. A wrong length would make the next response a part of this one.
  target.strictContentLength = true;
  for (const [name, value] of response.headers) {
    if (!OF_SENDING.includes(name)) target.appendHeader(name, value);
  }
  if (holdsBody(target.req)) target.shouldKeepAlive = false;
  if (!response.body) return sendWhole(NOTHING, target);
  const reader: BodyReader = response.body.getReader();
  const cancel = () => void reader.cancel(new Deno.errors.Interrupted("The client left")).catch(() => {});
  target.once("close", cancel);
  if (target.destroyed) cancel();
  try {
    await sendBody(reader, target);
    target.off("close", cancel);
  } catch (error) {
    breakOff(target);
    await onBodyError(error);
  }
}

/** Ends the connection after what the body gave before it failed, without the end that would make it look whole. */
function breakOff(target: ServerResponse): void {
  if (target.socket) return target.socket.destroySoon();
  // An earlier response has the connection. What waits here is sent right after this event.
  target.once("socket", (socket: Socket) => queueMicrotask(() => socket.destroySoon()));
}

async function sendBody(reader: BodyReader, target: ServerResponse): Promise<void> {
  const isHead = target.req.method === "HEAD";
  let next = read(reader);
  if (!await isSoon(next)) {
    if (isHead) return await sendHead(reader, target);
    target.flushHeaders();
  }
  for (let chunk = await next; !chunk.done; chunk = await next) {
    const bytes = bytesOf(chunk.value);
    next = read(reader);
    if (!target.headersSent && await isSoon(next) && (await next).done) return sendWhole(bytes, target);
    if (isHead) return await sendHead(reader, target);
    if (!target.write(bytes)) await drained(target);
  }
  target.end();
}

/** The answer to HEAD when the body is not there at once: nobody waits for what will not be sent. */
async function sendHead(reader: BodyReader, target: ServerResponse): Promise<void> {
  target.end();
  await reader.cancel();
}

/** With its length also where the body itself is not sent (RFC 9110 §9.3.2); there the handler's own counts. */
function sendWhole(bytes: Uint8Array, target: ServerResponse): void {
  const isHead = target.req.method === "HEAD";
  const hasContent = target.statusCode !== 204 && target.statusCode !== 304;
  if (hasContent && !(isHead && target.hasHeader("content-length"))) target.setHeader("content-length", bytes.length);
  target.end(bytes);
}

function read(reader: BodyReader): Promise<BodyChunk> {
  const chunk = reader.read();
  // It may fail while nobody waits for it yet.
  chunk.catch(() => {});
  return chunk;
}

/** Whether a read succeeds before anything else happens, as it does when the body was there already. */
function isSoon(read: Promise<BodyChunk>): Promise<boolean> {
  const turn = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)));
  return Promise.race([read.then(() => true, () => false), turn]);
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(`The body of a response must consist of Uint8Arrays, not of ${Deno.inspect(chunk)}`);
}

/** Resolves when there is room for more, or nobody who takes it. */
function drained(target: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      target.off("drain", done);
      target.off("close", done);
      resolve();
    };
    target.on("drain", done);
    target.on("close", done);
    if (target.destroyed) done();
  });
}
