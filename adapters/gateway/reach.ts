/**
 * A service of the machine for simulated clients.
 *
 * Main side.
 *
 * @module
 */
import type { Stack } from "../../stack/stack.ts";
import type { TCPListener } from "../tcp_listener.ts";
import { simulatedEnd } from "./end.ts";
import { Crossings, type Gateway } from "./gateway.ts";
import { checkLocal, connectLocal, type LocalPort, type LocalSocket } from "./local.ts";

/**
 * Lets simulated hosts reach a service of the machine: listens at `address` of `stack`, and carries each connection there
 * to a port of the loopback interface, or to a Unix socket. So a database, or a server by `Deno.serve`, is a host of the
 * simulated internet, behind whatever loss and delay that has. Half closes and resets pass in both directions, and a
 * slow reader slows down the writer behind the gateway.
 *
 * When nobody listens there, the simulated client connects and is reset.
 *
 * Rejects as {@linkcode Stack.listenTCP} throws, and with a RangeError for a bad port of the machine. It needs
 * `--allow-net` for the port, or `--allow-read` and `--allow-write` for the Unix socket.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, reach } from "@uis/uis";
 *
 * await using service = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("real"));
 * await using internet = new Internet();
 * void internet.route();
 * const server = await internet.newStack(1500, "10.0.0.1");
 * const client = await internet.newStack(1500, "10.0.0.2");
 *
 * await using _gateway = await reach(server, "10.0.0.1:80", { to: service.addr });
 * using conn = await client.dialTCP("10.0.0.1:80");
 * await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: real\r\nConnection: close\r\n\r\n"));
 * const response = await new Response(conn.readable).text();
 * assertEquals(response.startsWith("HTTP/1.1 200 OK\r\n"), true);
 * assertEquals(response.endsWith("\r\n\r\nreal"), true);
 * ```
 */
export async function reach(
  stack: Stack,
  address: string,
  options: { to: LocalPort | LocalSocket },
): Promise<Gateway<Deno.NetAddr>> {
  const { to } = options;
  checkLocal(to, "connect to");
  const crossings = new Crossings();
  const listener = stack.listenTCP(address);
  void accept(listener, crossings, to);
  return crossings.gateway(stack, { addr: listener.addr, close: () => listener[Symbol.dispose]() });
}

async function accept(listener: TCPListener, crossings: Crossings, to: LocalPort | LocalSocket): Promise<void> {
  try {
    for await (const conn of listener) crossings.cross(simulatedEnd(conn), () => connectLocal(to, crossings.signal));
  } catch {
    // The stack's worker died; the gateway closes with the stack.
  }
}
