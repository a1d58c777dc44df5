/**
 * A small internet inside one process: hosts with real TCP/IP stacks, sockets in the shape of Deno's own, and every packet
 * between them in the program's hands.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Internet, MTU_ETHERNET } from "@uis/uis";
 *
 * await using internet = new Internet();
 * void internet.route();
 * const server = await internet.newStack(MTU_ETHERNET, "10.0.0.1");
 * const client = await internet.newStack(MTU_ETHERNET, "10.0.0.2");
 *
 * using listener = server.listenTCP("10.0.0.1:80");
 * using conn = await client.dialTCP("10.0.0.1:80");
 * using accepted = await listener.accept();
 * await accepted.write(new TextEncoder().encode("Hello, world!"));
 * await accepted.closeWrite();
 * assertEquals(await new Response(conn.readable).text(), "Hello, world!");
 * ```
 *
 * @module
 */

export * from "./adapters/mod.ts";
export * from "./internet/mod.ts";
export * from "./pcap/mod.ts";
export * from "./stack/mod.ts";
export * from "./vnic/mod.ts";
