// S5: what connect, listen and listenDatagram take, and what they refuse.
import { bytes } from "../../scenarios/hosts.ts";
import {
  classOf,
  DONE,
  IN_USE,
  NO_SUCH_NAME,
  NOT_AVAILABLE,
  NOT_SUPPORTED,
  outcome,
  REFUSED,
  thrown,
  UNREACHABLE,
} from "./outcome.ts";
import { closedPort } from "./peers.ts";
import type { Net, Platform } from "./platform.ts";
import { differs, same, sameArgument } from "./fact.ts";

/** Options of any kind, right or wrong. */
type Options = Record<string, unknown>;

/** Where a socket with these options is bound, or what listen throws. */
function listens({ listen }: Net, options: Options): unknown {
  return thrown(() => hostOf(Reflect.apply(listen, undefined, [options])));
}

/** As {@link listens}, of a datagram socket. */
function binds({ listenDatagram }: Net, options: Options): unknown {
  return thrown(() => hostOf(Reflect.apply(listenDatagram, undefined, [{ transport: "udp", ...options }])));
}

function hostOf(socket: Deno.TcpListener | Deno.DatagramConn): string {
  socket.close();
  return (socket.addr as Deno.NetAddr).hostname;
}

/** The host that a dial with these options reaches, or what it rejects with. */
async function dials({ connect }: Net, options: Options): Promise<unknown> {
  const conn = await outcome(() => Reflect.apply(connect, undefined, [options]));
  if (typeof conn !== "object" || conn === null) return conn;
  const { remoteAddr } = conn as Deno.TcpConn;
  (conn as Deno.TcpConn).close();
  return remoteAddr.hostname;
}

/** The client's connection to a listener of its own: the peer as it shows it, and the ends as the listener has them. */
async function loops({ client }: Platform, listening: Options, dialling: Options): Promise<unknown> {
  using listener: Deno.TcpListener = Reflect.apply(client.listen, undefined, [{ port: 0, ...listening }]);
  const { port } = listener.addr;
  using conn = await client.connect({ ...dialling, port });
  using accepted = await listener.accept();
  return [conn.remoteAddr.hostname, accepted.localAddr.hostname, accepted.remoteAddr.hostname];
}

const ANY = "0.0.0.0";

for (
  const [port, is] of [
    [undefined, ANY],
    [null, ANY],
    [0, ANY],
    ["0", ANY],
    ["0x0", ANY],
    ["", "TypeError: Invalid port: ''"],
    ["abc", "TypeError: Invalid port: 'abc'"],
    [1.5, "TypeError: Invalid port: 1.5"],
    [NaN, "TypeError: Invalid port: NaN"],
    [true, "TypeError: Invalid port (expected number): true"],
    [-1, "RangeError: Invalid port (out of range): -1"],
    [65536, "RangeError: Invalid port (out of range): 65536"],
    ["65536", "RangeError: Invalid port (out of range): 65536"],
  ]
) {
  sameArgument(`S5 listen and listenDatagram at port ${Deno.inspect(port)}`, ({ server }) => {
    return [listens(server, { port }), binds(server, { port })];
  }, [is, is]);
}

for (
  const [port, is] of [
    [undefined, "TypeError: Invalid port (expected number): undefined"],
    [null, "TypeError: Invalid port (expected number): null"],
    [0, "RangeError: Invalid port (out of range): 0"],
    ["0", "RangeError: Invalid port (out of range): 0"],
    ["abc", "TypeError: Invalid port: 'abc'"],
    [1.5, "TypeError: Invalid port: 1.5"],
    [NaN, "TypeError: Invalid port: NaN"],
    [-1, "RangeError: Invalid port (out of range): -1"],
    [65536, "RangeError: Invalid port (out of range): 65536"],
  ]
) {
  sameArgument(`S5 connect to port ${Deno.inspect(port)} rejects`, ({ client }) => dials(client, { port }), is);
}

same("S5 a port may be a numeric string", async ({ client, server }) => {
  using listener = server.listen({ hostname: server.ipv4, port: 0 });
  const seen = await dials(client, { hostname: server.ipv4, port: String(listener.addr.port) });
  return seen === server.ipv4;
}, true);

same("S5 a port that is asked for is given, 0 is another one each time", ({ server }) => {
  const free = closedPort(server);
  using listener = server.listen({ port: free });
  using other = server.listen({ port: 0 });
  using another = server.listen({ port: 0 });
  return [listener.addr.port === free, other.addr.port === another.addr.port, other.addr.port >= 1024];
}, [true, false, true]);

for (
  const [hostname, is] of [
    [undefined, ANY],
    [null, ANY],
    ["localhost", "127.0.0.1"],
    ["LOCALHOST", "127.0.0.1"],
    ["127.0.0.2", "127.0.0.2"],
    ["0.0.0.0", ANY],
    ["::", "::"],
    ["[::]", "::"],
    ["::1", "::1"],
    ["[::1]", "::1"],
    ["0:0::1", "::1"],
    ["192.0.2.1", NOT_AVAILABLE],
    ["2001:db8:7::1", NOT_AVAILABLE],
    ["", "URIError: invalid empty host: ''"],
    [" ", "URIError: invalid host ' ': invalid char found in FQDN"],
    ["a b", "URIError: invalid host 'a b': invalid char found in FQDN"],
    ["a/b", "URIError: invalid host 'a/b': invalid char found in FQDN"],
    ["a..b", "URIError: invalid host 'a..b': empty label found in FQDN"],
    ["%31", "URIError: invalid host '%31': invalid char found in FQDN"],
    ["127.0.0.1:80", "URIError: invalid host '127.0.0.1:80': invalid char found in FQDN"],
    ["[::1", "URIError: invalid host '[::1': invalid char found in FQDN"],
    ["[127.0.0.1]", "URIError: invalid IPv6 address: '[127.0.0.1]'"],
    ["[]", "URIError: invalid IPv6 address: '[]'"],
  ]
) {
  sameArgument(`S5 listen and listenDatagram at host ${Deno.inspect(hostname)}`, ({ client }) => {
    return [listens(client, { hostname }), binds(client, { hostname })];
  }, [is, is]);
}

/** Names that need no name server to be unknown. */
for (const hostname of ["256.1.1.1", `${"a".repeat(64)}.invalid`]) {
  sameArgument(`S5 the unknown host ${hostname} is a plain Error, which begins as Deno's own`, async ({ client }) => {
    const results = [
      listens(client, { hostname }),
      binds(client, { hostname }),
      await dials(client, { hostname, port: 1 }),
    ];
    return results.map((result) => String(result).slice(0, NO_SUCH_NAME.length));
  }, [NO_SUCH_NAME, NO_SUCH_NAME, NO_SUCH_NAME]);
}

for (
  const [listening, dialling, is] of [
    [ANY, undefined, ["127.0.0.1", "127.0.0.1", "127.0.0.1"]],
    [ANY, null, ["127.0.0.1", "127.0.0.1", "127.0.0.1"]],
    [ANY, "localhost", ["127.0.0.1", "127.0.0.1", "127.0.0.1"]],
    [ANY, ANY, ["127.0.0.1", "127.0.0.1", "127.0.0.1"]],
    ["localhost", "127.0.0.1", ["127.0.0.1", "127.0.0.1", "127.0.0.1"]],
    ["::", "localhost", ["127.0.0.1", "::ffff:127.0.0.1", "::ffff:127.0.0.1"]],
    ["::", "127.0.0.1", ["127.0.0.1", "::ffff:127.0.0.1", "::ffff:127.0.0.1"]],
    ["::", "::1", ["::1", "::1", "::1"]],
    ["::", "[::1]", ["::1", "::1", "::1"]],
    ["::", "::", ["::1", "::1", "::1"]],
    ["::1", "::", ["::1", "::1", "::1"]],
  ] as const
) {
  sameArgument(`S5 connect to host ${dialling} meets a listener at ${listening}`, (platform) => {
    return loops(platform, { hostname: listening }, { hostname: dialling });
  }, is);
}

same("S5 a dial to a port that nobody has is refused, wherever it is", async ({ client, server }) => {
  const port = closedPort(server);
  return [
    await dials(client, { hostname: server.ipv4, port }),
    await dials(client, { hostname: server.ipv6, port }),
    await dials(client, { port }),
    await dials(client, { hostname: "::1", port }),
    await dials(client, { hostname: "::ffff:127.0.0.1", port }),
  ];
}, [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED]);

same("S5 TCP connects to no multicast or broadcast address", async ({ client }) => {
  const hosts = ["224.0.0.1", "239.1.2.3", "255.255.255.255", "ff02::1"];
  return await Promise.all(hosts.map((hostname) => dials(client, { hostname, port: 1 })));
}, [UNREACHABLE, UNREACHABLE, UNREACHABLE, UNREACHABLE]);

for (
  const [first, second, is] of [
    ["0.0.0.0", "0.0.0.0", IN_USE],
    ["0.0.0.0", "127.0.0.1", IN_USE],
    ["127.0.0.1", "0.0.0.0", IN_USE],
    ["127.0.0.1", "127.0.0.1", IN_USE],
    ["127.0.0.1", "127.0.0.2", "127.0.0.2"],
    ["::", "0.0.0.0", IN_USE],
    ["0.0.0.0", "::", IN_USE],
    ["::", "127.0.0.1", IN_USE],
    ["::", "::1", IN_USE],
    ["::1", "::", IN_USE],
    ["::1", "127.0.0.1", "127.0.0.1"],
    ["::1", "0.0.0.0", "0.0.0.0"],
  ]
) {
  sameArgument(`S5 beside a socket at ${first}, one at ${second} with the same port`, ({ server }) => {
    using listener = server.listen({ hostname: first, port: 0 });
    const socket = server.listenDatagram({ hostname: first, port: 0, transport: "udp" });
    const seen = listens(server, { hostname: second, port: listener.addr.port });
    const datagrams = binds(server, { hostname: second, port: (socket.addr as Deno.NetAddr).port });
    socket.close();
    return [seen, datagrams];
  }, [is, is]);
}

same("S5 TCP and UDP have ports of their own", ({ server }) => {
  using listener = server.listen({ port: 0 });
  const { port } = listener.addr;
  return [binds(server, { port }), listens(server, { port })];
}, [ANY, IN_USE]);

same("S5 options that mean nothing here are taken: any truthy value, or none", ({ server }) => {
  return [true, false, 1, null, undefined].map((value) => [
    listens(server, { reusePort: value }),
    binds(server, { reuseAddress: value }),
    binds(server, { loopback: value }),
  ]);
}, Array(5).fill([ANY, ANY, ANY]));

for (const options of [undefined, null]) {
  sameArgument(
    `S5 ${options} for options is a TypeError: of listen at once, of connect a rejection`,
    async ({ client }) => {
      const results = [
        await outcome(() => Reflect.apply(client.connect, undefined, [options])),
        thrown(() => Reflect.apply(client.listen, undefined, [options])),
        thrown(() => Reflect.apply(client.listenDatagram, undefined, [options])),
      ];
      return results.map(classOf);
    },
    ["TypeError", "TypeError", "TypeError"],
  );
}

same("S5 a signal that was aborted: its reason, before anything else is looked at", async ({ client, server }) => {
  const signal = AbortSignal.abort("why");
  return [
    await dials(client, { hostname: server.ipv4, port: closedPort(server), signal }),
    await dials(client, { port: 70000, signal }),
    await dials(client, { hostname: "", port: 1, signal }),
    classOf(await dials(client, { port: 1, signal: AbortSignal.abort() })),
  ];
}, ["why", "why", "why", "DOMException"]);

same("S5 a signal aborted while the dial is under way: its reason, and nothing is left", async ({ client, server }) => {
  using listener = server.listen({ hostname: server.ipv4, port: 0 });
  const controller = new AbortController();
  const { signal } = controller;
  const dialling = dials(client, { hostname: server.ipv4, port: listener.addr.port, signal });
  controller.abort("too slow");
  return await dialling;
}, "too slow");

same("S5 a signal aborted once connected is ignored; null is none", async ({ client, server }) => {
  using listener = server.listen({ hostname: server.ipv4, port: 0 });
  const controller = new AbortController();
  const address = { hostname: server.ipv4, port: listener.addr.port };
  using conn = await client.connect({ ...address, signal: controller.signal });
  controller.abort();
  return [await conn.write(bytes("x")), await dials(client, { ...address, signal: null }) === server.ipv4];
}, [1, true]);

same("S5 the functions work taken apart from their object", async ({ client: { connect, listen, listenDatagram } }) => {
  using listener = listen({ port: 0 });
  using conn = await connect({ port: listener.addr.port });
  listenDatagram({ port: 0, transport: "udp" }).close();
  return conn.remoteAddr.hostname;
}, "127.0.0.1");

differs("S5 IPv4-mapped hosts", "ours show the IPv4 address", async (platform) => {
  const { client } = platform;
  return [
    listens(client, { hostname: "::ffff:127.0.0.1" }),
    listens(client, { hostname: "[::ffff:127.0.0.1]" }),
    await loops(platform, { hostname: "127.0.0.1" }, { hostname: "::ffff:127.0.0.1" }),
  ];
}, {
  deno: ["::ffff:127.0.0.1", "::ffff:127.0.0.1", ["::ffff:127.0.0.1", "127.0.0.1", "127.0.0.1"]],
  ours: ["127.0.0.1", "127.0.0.1", ["127.0.0.1", "127.0.0.1", "127.0.0.1"]],
});

differs("S5 short forms of IPv4 addresses", "nobody here looks them up", ({ client }) => {
  return ["127.1", "2130706433"].map((hostname) => String(listens(client, { hostname })).slice(0, NO_SUCH_NAME.length));
}, { deno: ["127.0.0.1", "127.0.0.1"], ours: [NO_SUCH_NAME, NO_SUCH_NAME] });

differs("S5 zone ids", "no link here has one", ({ client }) => {
  return ["::1%lo", "fe80::1%lo"].map((hostname) => classOf(listens(client, { hostname })));
}, { deno: ["Error", "AddrNotAvailable"], ours: ["TypeError", "TypeError"] });

differs("S5 hosts that are no strings", "ours refuse them", ({ client }) => {
  return [5, true].map((hostname) => classOf(listens(client, { hostname })));
}, { deno: ["AddrNotAvailable", "Error"], ours: ["TypeError", "TypeError"] });

differs("S5 sockets at multicast and broadcast addresses", "there are none here", ({ client }) => {
  return ["224.0.0.1", "255.255.255.255"].map((
    hostname,
  ) => [listens(client, { hostname }), binds(client, { hostname })]);
}, {
  deno: [["224.0.0.1", "224.0.0.1"], ["255.255.255.255", "255.255.255.255"]],
  ours: [[NOT_AVAILABLE, NOT_AVAILABLE], [NOT_AVAILABLE, NOT_AVAILABLE]],
});

differs("S5 transports that there are not", "ours say what is wrong", async ({ client }) => {
  const transport = "sctp";
  return [await dials(client, { port: 1, transport }), listens(client, { transport }), binds(client, { transport })];
}, {
  deno: Array(3).fill("ReferenceError: transport is not defined"),
  ours: Array(3).fill(NOT_SUPPORTED),
});

differs("S5 connect over UDP", "ours gives a socket with one peer", async ({ client }) => {
  return await dials(client, { port: 1, transport: "udp" });
}, { deno: "ReferenceError: transport is not defined", ours: "127.0.0.1" });

differs("S5 unix sockets", "there are none here", async ({ client }) => {
  const path = `${Deno.makeTempDirSync()}/socket`;
  const seen = [
    thrown(() => client.listen({ transport: "unix", path }).close()),
    thrown(() => client.listenDatagram({ transport: "unixpacket", path: `${path}.packet` }).close()),
    classOf(await dials(client, { transport: "unix", path: `${path}.none` })),
  ];
  Deno.removeSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  return seen;
}, { deno: [DONE, DONE, "NotFound"], ours: [NOT_SUPPORTED, NOT_SUPPORTED, "NotSupported"] });
