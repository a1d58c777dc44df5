// A stack's side of the sockets, played by the test, and short forms of what calls come to.
import { type CallSink, RemoteConnection, RemoteDatagramSocket, RemoteListener } from "../../stack/remote_socket.ts";
import { NO_CONNECTION } from "../../stack/engine/tcp/info.ts";
import type { Answer, Call, Endpoint, Query } from "../../stack/messages.ts";
import { DatagramConn } from "../../adapters/datagram_conn.ts";
import { TCPConn } from "../../adapters/tcp_conn.ts";
import { TCPListener } from "../../adapters/tcp_listener.ts";
import { UDPConn } from "../../adapters/udp_conn.ts";

export const LOCAL: Endpoint = { address: "10.0.0.1", port: 80 };
export const REMOTE: Endpoint = { address: "10.0.0.2", port: 40000 };

/** Keeps what a socket asked of its engine, in short: `write 3`, `send 2 to 10.0.0.2:53`, `close`. */
export class RecordingSink implements CallSink {
  calls: string[] = [];
  bytes: Uint8Array[] = [];

  call(call: Call): void {
    if (call.op === "consumed") this.calls.push(`consumed ${call.bytes}`);
    else if (call.op === "setNoDelay" || call.op === "setKeepAlive") this.calls.push(`${call.op} ${call.on}`);
    else this.calls.push(call.op);
  }

  callWithBytes(call: Call, bytes: Uint8Array): void {
    this.bytes.push(bytes.slice());
    const to = call.op === "send" ? ` to ${call.to.address}:${call.to.port}` : "";
    this.calls.push(`${call.op} ${bytes.length}${to}`);
  }

  query(query: Query): Promise<Answer> {
    this.calls.push("query");
    return typeof query === "object" ? Promise.resolve(NO_CONNECTION) : Promise.reject("stack-closed");
  }

  forget(_id: number): void {
    this.calls.push("forget");
  }
}

/** A connection with `credit` bytes of room to write. */
export function tcp(credit = 1000): { sink: RecordingSink; socket: RemoteConnection; conn: TCPConn } {
  const sink = new RecordingSink();
  const socket = new RemoteConnection(sink, 1, LOCAL, REMOTE, credit);
  return { sink, socket, conn: new TCPConn(socket) };
}

export function listener(): { sink: RecordingSink; socket: RemoteListener; listener: TCPListener } {
  const sink = new RecordingSink();
  const socket = new RemoteListener(sink, 1, { address: "0.0.0.0", port: 80 });
  return { sink, socket, listener: new TCPListener(socket) };
}

/** A connection for a listener's backlog. */
export function incoming(sink: CallSink, port = REMOTE.port): RemoteConnection {
  return new RemoteConnection(sink, -port, LOCAL, { ...REMOTE, port }, 1000);
}

export function udp(remote = REMOTE): { sink: RecordingSink; socket: RemoteDatagramSocket; conn: UDPConn } {
  const sink = new RecordingSink();
  const socket = new RemoteDatagramSocket(sink, 1, LOCAL, remote);
  return { sink, socket, conn: new UDPConn(socket) };
}

export function datagrams(
  address = "10.0.0.1",
): { sink: RecordingSink; socket: RemoteDatagramSocket; conn: DatagramConn } {
  const sink = new RecordingSink();
  const socket = new RemoteDatagramSocket(sink, 1, { address, port: 53 });
  return { sink, socket, conn: new DatagramConn(socket) };
}

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Of a read's buffer, or of a chunk. */
export function text(bytes: Uint8Array | undefined, length = bytes?.length): string {
  return new TextDecoder().decode(bytes?.subarray(0, length));
}

/** A buffer that nobody looks into. */
export function buffer(length = 8): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length);
}

/** What a promise resolves to; when it rejects, the error in short, such as `BrokenPipe EPIPE`. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return short(error);
  }
}

/** As {@link outcome}, of several. */
export function outcomes(...promises: Promise<unknown>[]): Promise<unknown[]> {
  return Promise.all(promises.map(outcome));
}

/** What a call throws, in short; `returned` when it does not. */
export function thrown(call: () => unknown): string {
  try {
    call();
    return "returned";
  } catch (error) {
    return short(error);
  }
}

/** Whether a promise waits still, now that all else has run. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true, () => settled = true);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  return !settled;
}

function short(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = Object.hasOwn(error, "code") ? ` ${Reflect.get(error, "code")}` : "";
  const name = Object.entries(Deno.errors).find(([, type]) => error.constructor === type)?.[0] ?? error.name;
  return name + code;
}
