// The server's end of a WebSocket whose client takes what is sent in its own time.
import { assertEquals } from "@std/assert";
import { Duplex } from "node:stream";
import { ServerWebSocket } from "../../adapters/http/server_web_socket.ts";
import { FakeTime } from "../harness/fake_time.ts";
import { bytes } from "../scenarios/hosts.ts";

/** More than a client gets to answer a close frame, in ms. */
const TOO_LONG = 6000;

const CLOSE_1000 = [0x88, 0x82, 0, 0, 0, 0, 3, 0xe8];

/** A socket over a stream whose other end takes a write only when it is told to. */
class SlowClient {
  readonly socket: ServerWebSocket;
  readonly stream: Duplex;
  readonly taken: number[];
  /** When the stream is closed. */
  readonly closed: Promise<unknown>;
  readonly #writes: (() => void)[];
  #wanted: (() => void) | undefined;

  constructor() {
    this.taken = [];
    this.#writes = [];
    this.stream = new Duplex({
      read() {},
      write: (chunk: Uint8Array, _encoding, done) => {
        this.#writes.push(() => done(void this.taken.push(...chunk)));
        this.#wanted?.();
      },
    });
    this.closed = new Promise((resolve) => this.stream.once("close", resolve));
    this.socket = new ServerWebSocket("", 0);
    this.socket.open(this.stream, undefined);
  }

  /** Takes the next write, when it comes. */
  async take(): Promise<void> {
    if (this.#writes.length === 0) await new Promise<void>((resolve) => this.#wanted = resolve);
    this.#writes.shift()!();
    await turn();
  }

  /** Sends something to the socket, or with null its end. */
  async say(frames: number[] | null): Promise<void> {
    this.stream.push(frames && Uint8Array.from(frames));
    await turn();
  }
}

// Taken before a test replaces it.
const { setImmediate } = globalThis;

/** So that Node's streams have told everybody. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

for (const closer of ["server", "client"] as const) {
  Deno.test(`when the ${closer} closes, a slow client gets what was sent, and only then has to hurry`, async () => {
    using time = new FakeTime(0);
    const client = new SlowClient();
    const { socket, stream } = client;
    socket.send("Hi");
    if (closer === "server") socket.close(1000);
    else await client.say(CLOSE_1000);
    time.tick(TOO_LONG);
    await client.take();
    time.tick(TOO_LONG);
    assertEquals([stream.destroyed, client.taken], [false, [0x81, 2, ...bytes("Hi")]]);
    await client.take();
    assertEquals([stream.destroyed, client.taken.slice(4)], [false, [0x88, 2, 3, 0xe8]]);
    time.tick(TOO_LONG);
    assertEquals(stream.destroyed, true);
    await client.closed;
    assertEquals(socket.readyState, WebSocket.CLOSED);
  });
}

Deno.test("a client that ended its side gets what was sent before, and nothing after", async () => {
  const client = new SlowClient();
  const { socket, stream } = client;
  socket.send("before");
  await client.say(null);
  socket.send("after");
  await client.take();
  await client.closed;
  assertEquals([stream.errored, client.taken], [null, [0x81, 6, ...bytes("before")]]);
});

Deno.test("a client that closes first gets all that could be sent by then, and one close frame", async () => {
  for (const closes of [false, true]) {
    const client = new SlowClient();
    const { socket, stream } = client;
    const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    socket.send("text");
    // It is not read yet when the client's frame is there.
    const blob = new Blob(["blob"]);
    const read = Promise.withResolvers<void>();
    blob.bytes = async () => (await read.promise, bytes("blob"));
    socket.send(blob);
    if (closes) socket.close(3001, "bye");
    stream.push(Uint8Array.from(CLOSE_1000));
    assertEquals((await closed).code, 1000);
    read.resolve();
    await turn();
    await client.take();
    await client.take();
    await client.say(null);
    await client.closed;
    const frames = [0x81, 4, ...bytes("text"), 0x88, 2, 3, 0xe8];
    assertEquals([closes, stream.errored, client.taken], [closes, null, frames]);
  }
});
