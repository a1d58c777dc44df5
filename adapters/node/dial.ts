/**
 * From what a socket of Node is told to connect to, to a connection.
 *
 * Main side.
 *
 * @module
 */
import { isLoopback, isWildcard } from "../../stack/addresses.ts";
import type { Stack } from "../../stack/stack.ts";
import { formatEndpoint } from "../address_text.ts";
import { networkError } from "../errors.ts";
import { destination, unmapped } from "../host_name.ts";
import type { TCPConn } from "../tcp_conn.ts";
import type { NodeConnectOptions } from "./arguments.ts";
import { lookUp } from "./lookup.ts";
import { nodeError } from "./node_errors.ts";

/** Tells the program that uses the socket of an event. */
export type Tell = (event: string, ...args: unknown[]) => void;

/**
 * Looks the host up, and dials. Rejects with a {@link NodeSystemError}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { connectArguments } from "./arguments.ts";
 * import { dial } from "./dial.ts";
 *
 * await using internet = new Internet();
 * const stack = await internet.newStack(1500, "10.0.0.1");
 * using listener = stack.listenTCP("127.0.0.1:80");
 * const { options } = connectArguments([80, "localhost"]);
 * using conn = await dial(stack, options, () => {}, new AbortController().signal);
 * assertEquals(conn.remoteAddr.hostname, listener.addr.hostname);
 * ```
 */
export async function dial(
  stack: Stack,
  options: NodeConnectOptions,
  tell: Tell,
  signal: AbortSignal,
): Promise<TCPConn> {
  const { port, path = "" } = options;
  if (port === undefined) {
    const reason = networkError("not-supported", { operation: "connect to Unix socket", address: path });
    throw nodeError(reason, "connect");
  }
  const address = await lookUp(options, tell);
  signal.throwIfAborted();
  const remote = { address, port };
  try {
    checkLocal(stack, options);
    // Nobody can listen there, and a kernel says so.
    if (port === 0) throw networkError("refused");
    const peer = { address: destination(unmapped(address)), port };
    const conn = await stack.dialTCP(formatEndpoint(peer), { signal });
    return fromAddress(conn, options.localAddress);
  } catch (error) {
    throw signal.aborted ? error : nodeError(error, "connect", remote);
  }
}

/** A stack chooses its port itself, and of its addresses the one that fits. */
function checkLocal(stack: Stack, { localAddress, localPort }: NodeConnectOptions): void {
  if (localPort) throw networkError("not-supported", { operation: "connect from port", address: String(localPort) });
  if (localAddress === undefined || isWildcard(localAddress) || isLoopback(localAddress)) return;
  if (!stack.addresses.includes(localAddress)) throw networkError("address-not-available");
}

/** The connection, if it is from the address that was asked for. */
function fromAddress(conn: TCPConn, localAddress: string | undefined): TCPConn {
  if (localAddress === undefined || isWildcard(localAddress) || conn.localAddr.hostname === localAddress) return conn;
  conn.abort();
  throw networkError("address-not-available");
}
