// S1: what the sockets look like, before anything is done with them.
import { describe } from "./outcome.ts";
import { closedPort, connected, datagrams } from "./peers.ts";
import type { Platform } from "./platform.ts";
import { differs, same } from "./fact.ts";

/** The kind of each member, such as `read: function`. */
function kinds(value: object, ...names: (string | symbol)[]): string[] {
  return names.map((name) => `${String(name)}: ${name in value ? typeof Reflect.get(value, name) : "none"}`);
}

same("S1 a connection's members", async (platform) => {
  using pair = await connected(platform);
  const methods = [
    "read",
    "write",
    "close",
    "closeWrite",
    "ref",
    "unref",
    "setNoDelay",
    "setKeepAlive",
    Symbol.dispose,
  ];
  return kinds(pair.client, ...methods, "localAddr", "remoteAddr", "readable", "writable", "rid", Symbol.asyncDispose);
}, [
  "read: function",
  "write: function",
  "close: function",
  "closeWrite: function",
  "ref: function",
  "unref: function",
  "setNoDelay: function",
  "setKeepAlive: function",
  "Symbol(Symbol.dispose): function",
  "localAddr: object",
  "remoteAddr: object",
  "readable: object",
  "writable: object",
  "rid: none",
  "Symbol(Symbol.asyncDispose): none",
]);

same("S1 a listener's members", ({ server }) => {
  using listener = server.listen({ port: 0 });
  const methods = ["accept", "next", "return", "close", "ref", "unref", Symbol.dispose, Symbol.asyncIterator];
  return kinds(listener, ...methods, "addr", "throw", "rid", Symbol.asyncDispose);
}, [
  "accept: function",
  "next: function",
  "return: function",
  "close: function",
  "ref: function",
  "unref: function",
  "Symbol(Symbol.dispose): function",
  "Symbol(Symbol.asyncIterator): function",
  "addr: object",
  "throw: none",
  "rid: none",
  "Symbol(Symbol.asyncDispose): none",
]);

same("S1 a datagram socket's members; bufSize is its only property, 65507, and writable", (platform) => {
  using sockets = datagrams(platform);
  const methods = ["receive", "send", "close", "joinMulticastV4", "joinMulticastV6", "ref", "unref"];
  return [
    ...kinds(sockets.client, ...methods, Symbol.asyncIterator, "addr", "rid"),
    Object.entries(Object.getOwnPropertyDescriptors(sockets.client)),
  ];
}, [
  "receive: function",
  "send: function",
  "close: function",
  "joinMulticastV4: function",
  "joinMulticastV6: function",
  "ref: function",
  "unref: function",
  "Symbol(Symbol.asyncIterator): function",
  "addr: object",
  "rid: none",
  [["bufSize", { value: 65507, writable: true, enumerable: true, configurable: true }]],
]);

differs("S1 a datagram socket's dispose", "so that `using` closes it", (platform) => {
  using sockets = datagrams(platform);
  return kinds(sockets.client, Symbol.dispose);
}, { deno: ["Symbol(Symbol.dispose): none"], ours: ["Symbol(Symbol.dispose): function"] });

differs("S1 names of classes", "they are those of the package", async (platform) => {
  using pair = await connected(platform);
  using listener = platform.server.listen({ port: 0 });
  using sockets = datagrams(platform);
  return [pair.client, listener, sockets.client].map(({ constructor }) => constructor.name);
}, { deno: ["TcpConn", "Listener", "DatagramConn"], ours: ["TCPConn", "TCPListener", "DatagramConn"] });

/** All addresses that sockets show, by name. */
async function addresses(platform: Platform): Promise<Record<string, () => Deno.Addr>> {
  using pair = await connected(platform);
  using listener = platform.server.listen({ port: 0 });
  using sockets = datagrams(platform);
  return {
    localAddr: () => pair.client.localAddr,
    remoteAddr: () => pair.client.remoteAddr,
    listener: () => listener.addr,
    datagrams: () => sockets.client.addr,
  };
}

same(
  "S1 addresses have no prototype, three writable properties, and the same identity after close",
  async (platform) => {
    const seen = [];
    for (const [name, get] of Object.entries(await addresses(platform))) {
      const address = get();
      const { port, ...others } = Object.getOwnPropertyDescriptors(address as Deno.NetAddr);
      seen.push([
        name,
        Object.getPrototypeOf(address),
        Object.keys(address),
        others.transport,
        { ...port, value: typeof port.value },
        get() === address,
      ]);
    }
    return seen;
  },
  ["localAddr", "remoteAddr", "listener", "datagrams"].map((name) => [
    name,
    null,
    ["hostname", "port", "transport"],
    { value: name === "datagrams" ? "udp" : "tcp", writable: true, enumerable: true, configurable: true },
    { value: "number", writable: true, enumerable: true, configurable: true },
    true,
  ]),
);

same("S1 an address cannot be set", async (platform) => {
  using pair = await connected(platform);
  using listener = platform.server.listen({ port: 0 });
  const other = { ...listener.addr };
  return [
    Reflect.set(pair.client, "localAddr", other),
    Reflect.set(pair.client, "remoteAddr", other),
    Reflect.set(listener, "addr", other),
  ];
}, [false, false, false]);

same("S1 an error has a name and a code as properties of its own, and no other", async ({ client, server }) => {
  const error = await client.connect({ hostname: server.ipv4, port: closedPort(server) }).catch((error) => error);
  const { name, code } = Object.getOwnPropertyDescriptors(error);
  return [Object.keys(error), { name, code }];
}, [
  ["name", "code"],
  {
    name: { value: "ConnectionRefused", writable: true, enumerable: true, configurable: true },
    code: { value: "ECONNREFUSED", writable: true, enumerable: true, configurable: true },
  },
]);

same("S1 BadResource and Busy have no code", async ({ server }) => {
  const listener = server.listen({ port: 0 });
  const accepts = [listener.accept(), listener.accept()].map((accept) => accept.catch((error) => error));
  const busy = await accepts[1];
  listener.close();
  return [describe(busy), "code" in busy, describe(await accepts[0]), "code" in await accepts[0]];
}, ["Busy: Another accept task is ongoing", false, "BadResource: Listener has been closed", false]);

differs("S1 messages of connect and listen", "ours name the address first", async ({ client, server }) => {
  using listener = server.listen({ hostname: server.ipv4, port: 0 });
  const { port } = listener.addr;
  const failures = [
    await client.connect({ hostname: "localhost", port: closedPort(server) }).catch((error) => error),
    await Promise.try(() => server.listen({ hostname: server.ipv4, port })).catch((error) => error),
  ];
  return failures.map(({ message }) => message.replace(/"[^"]*"/, "<address>"));
}, {
  deno: ["Connection refused (os error 111)", "Address already in use (os error 98)"],
  ours: [
    "Cannot dial <address>: Connection refused (os error 111)",
    "Cannot listen on <address>: Address already in use (os error 98)",
  ],
});

differs("S1 calls that return nothing", "void is undefined", async (platform) => {
  using pair = await connected(platform);
  const { client } = pair;
  return [
    client.setNoDelay(),
    client.setKeepAlive(),
    await client.closeWrite(),
    client.ref(),
    client.close(),
  ] as unknown[];
}, { deno: [null, null, null, undefined, undefined], ours: [undefined, undefined, undefined, undefined, undefined] });

differs("S1 deadlines, abort and info", "they are beyond Deno's", async (platform) => {
  using pair = await connected(platform);
  return kinds(pair.client, "setDeadline", "setReadDeadline", "setWriteDeadline", "abort", "info");
}, {
  deno: ["setDeadline: none", "setReadDeadline: none", "setWriteDeadline: none", "abort: none", "info: none"],
  ours: [
    "setDeadline: function",
    "setReadDeadline: function",
    "setWriteDeadline: function",
    "abort: function",
    "info: function",
  ],
});
