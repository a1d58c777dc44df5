/**
 * A simulated server for the machine's own programs.
 *
 * Main side.
 *
 * @module
 */
import type { Stack } from "../../stack/stack.ts";
import { parseEndpoint } from "../address_text.ts";
import { simulatedEnd } from "./end.ts";
import { Crossings, type Gateway } from "./gateway.ts";
import { listenLocal, type LocalPort, type LocalSocket, type TCPAddr } from "./local.ts";

/**
 * Exposes a simulated server to the machine: listens on a port of the loopback interface, or on a Unix socket, and
 * carries each connection there to `address`, which `stack` dials. So a browser, curl, or a client in the same process
 * talks to a server that only exists in the simulated internet. Half closes and resets pass in both directions, and a
 * slow reader slows down the writer behind the gateway.
 *
 * What cannot be dialled is reset. `to.port` 0 is a free port, which `addr` tells.
 *
 * Rejects with a TypeError for a bad address, with Deno.errors.AddrInUse (EADDRINUSE) when the port is taken, and with
 * Deno.errors.NotCapable without `--allow-net`, or for a Unix socket `--allow-read` and `--allow-write`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { expose, Internet } from "@uis/uis";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const server = await internet.newStack(1500, "10.0.0.1");
 * const router = await internet.newStack(1500, "10.0.0.2");
 * using listener = server.listenTCP("10.0.0.1:80");
 *
 * await using gateway = await expose(router, "10.0.0.1:80", { to: { port: 0 } });
 * using conn = await Deno.connect({ hostname: "127.0.0.1", port: gateway.addr.port });
 * using accepted = await listener.accept();
 * assertEquals(accepted.remoteAddr.hostname, "10.0.0.2");
 * await accepted.write(new TextEncoder().encode("Hello, machine!"));
 * await accepted.closeWrite();
 * assertEquals(await new Response(conn.readable).text(), "Hello, machine!");
 * ```
 */
export async function expose(
  stack: Stack,
  address: string,
  options: { to: LocalPort },
): Promise<Gateway<TCPAddr>>;
/** The same, on a Unix socket. */
export async function expose(
  stack: Stack,
  address: string,
  options: { to: LocalSocket },
): Promise<Gateway<Deno.UnixAddr>>;
export async function expose(
  stack: Stack,
  address: string,
  options: { to: LocalPort | LocalSocket },
): Promise<Gateway<TCPAddr | Deno.UnixAddr>> {
  parseEndpoint(address, "dial");
  const crossings = new Crossings();
  const dial = async () => simulatedEnd(await stack.dialTCP(address, { signal: crossings.signal }));
  const listener = await listenLocal(options.to, (end) => crossings.cross(end, dial));
  return crossings.gateway(stack, listener);
}
