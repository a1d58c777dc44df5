/**
 * What a connection of the machine and one of the simulated internet have in common.
 *
 * Main side.
 *
 * @module
 */
import type { Socket } from "node:net";
import { ifOpen } from "../if_open.ts";
import type { TCPConn } from "../tcp_conn.ts";

/** Bytes that one read takes, at most. */
const READ_MAX = 16 * 1024;

/** One end of a connection that goes through a gateway. Its reads are taken one after the other, and so are its writes. */
export interface End {
  /** The next bytes, valid until the next read; null at the end of what the peer sends. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when all of the bytes are taken, and may be used again. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends what this side sends. */
  closeWrite(): Promise<void>;
  /** Ends both directions, if they are open. */
  close(): void;
  /** Resets the connection, if it is open; where there is no reset, as on a Unix socket, it only closes it. */
  abort(): void;
}

/**
 * The end of a connection in the simulated internet.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { simulatedEnd } from "./end.ts";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using listener = stack.listenTCP("10.0.0.1:80");
 * const end = simulatedEnd(await stack.dialTCP("10.0.0.1:80"));
 * using accepted = await listener.accept();
 * await accepted.write(Uint8Array.of(1, 2, 3));
 * assertEquals(await end.read(), Uint8Array.of(1, 2, 3));
 * end.close();
 * ```
 */
export function simulatedEnd(conn: TCPConn): End {
  const buffer = new Uint8Array(READ_MAX);
  let isOpen = true;
  const once = (end: () => void) => {
    if (isOpen) end();
    isOpen = false;
  };
  return {
    async read() {
      const length = await conn.read(buffer);
      return length === null ? null : buffer.subarray(0, length);
    },
    async write(bytes) {
      for (let written = 0; written < bytes.length;) written += await conn.write(bytes.subarray(written));
    },
    closeWrite: () => conn.closeWrite(),
    close: () => once(() => conn[Symbol.dispose]()),
    abort: () => once(() => ifOpen(() => conn.abort())),
  };
}

/**
 * The end of a connection of the machine.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect } from "node:net";
 * import { realEnd } from "./end.ts";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const end = realEnd(connect({ host: "127.0.0.1", port: listener.addr.port }));
 * using accepted = await listener.accept();
 * await accepted.write(Uint8Array.of(1, 2, 3));
 * assertEquals(new Uint8Array(await end.read() ?? []), Uint8Array.of(1, 2, 3));
 * end.close();
 * ```
 */
export function realEnd(socket: Socket): End {
  const chunks = socket.iterator({ destroyOnReturn: false });
  const isTCP = socket.remoteAddress !== undefined;
  // Reads and writes report the errors; without a listener they would end the process.
  socket.on("error", () => {});
  return {
    async read() {
      const { value, done } = await chunks.next();
      return done ? null : value;
    },
    write: (bytes) => settled((done) => socket.write(bytes, done)),
    closeWrite: () => settled((done) => endOf(socket, done)),
    close: () => void socket.destroy(),
    abort: () => void (isTCP ? socket.resetAndDestroy() : socket.destroy()),
  };
}

/** Of a socket that is destroyed already, nobody is told the end. */
function endOf(socket: Socket, done: (error?: Error) => void): void {
  if (socket.destroyed) done(new Deno.errors.BadResource("The connection is closed"));
  else socket.end(() => done());
}

function settled(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => error ? reject(error) : resolve()));
}
