// Calls of Node's net that are refused at once, by itself and over stacks.
import { assertEquals } from "@std/assert";
import type net from "node:net";
import { codeOf, eachNet } from "./nets.ts";

/** What Node's types forbid. */
function options(bad: object): net.NetConnectOpts {
  return { port: 80, host: "127.0.0.1", ...bad };
}

const BAD_CALLS: [string, string, (net: typeof import("node:net")) => unknown][] = [
  ["connect without a port", "ERR_MISSING_ARGS", (net) => net.connect({} as net.NetConnectOpts)],
  ["connect to a port that is none", "ERR_SOCKET_BAD_PORT", (net) => net.connect(65536, "127.0.0.1")],
  ["connect to a negative port", "ERR_SOCKET_BAD_PORT", (net) => net.connect({ port: -1, host: "127.0.0.1" })],
  ["connect to half a port", "ERR_SOCKET_BAD_PORT", (net) => net.connect(1.5, "127.0.0.1")],
  ["connect to a host that is no text", "ERR_INVALID_ARG_TYPE", (net) => net.connect(options({ host: 5 }))],
  [
    "connect with a lookup that is no function",
    "ERR_INVALID_ARG_TYPE",
    (net) => net.connect(options({ host: "a.name", lookup: 5 })),
  ],
  ["connect from a host's name", "ERR_INVALID_IP_ADDRESS", (net) => net.connect(options({ localAddress: "here" }))],
  ["connect from a port that is no number", "ERR_INVALID_ARG_TYPE", (net) => net.connect(options({ localPort: "80" }))],
  ["connect with a negative timeout", "ERR_OUT_OF_RANGE", (net) => net.connect(options({ timeout: -1 }))],
  ["connect with a timeout of text", "ERR_INVALID_ARG_TYPE", (net) => net.connect(options({ timeout: "1" }))],
  ["set a timeout of text", "ERR_INVALID_ARG_TYPE", (net) => new net.Socket().setTimeout("1" as unknown as number)],
  ["listen with options of nothing", "ERR_INVALID_ARG_VALUE", (net) => net.createServer().listen({})],
  ["listen on a port that is none", "ERR_SOCKET_BAD_PORT", (net) => net.createServer().listen(99999)],
];

for (const [what, code, call] of BAD_CALLS) {
  eachNet(`${what} is refused at once`, async ({ client }) => {
    assertEquals(codeOf(() => call(client)), code);
    await Promise.resolve();
  });
}
