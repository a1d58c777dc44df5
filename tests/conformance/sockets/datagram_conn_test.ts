// S6: datagram sockets.
import { bytes, text } from "../../scenarios/hosts.ts";
import {
  classOf,
  CLOSED,
  DONE,
  IN_USE,
  INTERRUPTED,
  INVALID,
  NOT_SUPPORTED,
  outcome,
  outcomes,
  SOCKET_CLOSED,
  thrown,
  TOO_LONG,
  UNREACHABLE,
  WRONG_FAMILY,
} from "./outcome.ts";
import { arrival, closeQuietly, datagrams } from "./peers.ts";
import type { Host, Platform } from "./platform.ts";
import { differs, same, sameArgument } from "./fact.ts";

const END = { value: undefined, done: true };
const X = bytes("x");

/** Sockets of one host at `hostnames`, in this order, closed when `use` is done. */
async function bound<T>(
  { listenDatagram }: Host,
  hostnames: string[],
  use: (...sockets: Deno.DatagramConn[]) => T,
): Promise<Awaited<T>> {
  const sockets = hostnames.map((hostname) => listenDatagram({ hostname, port: 0, transport: "udp" }));
  try {
    return await use(...sockets);
  } finally {
    sockets.forEach(closeQuietly);
  }
}

function address(socket: Deno.DatagramConn): Deno.NetAddr {
  return socket.addr as Deno.NetAddr;
}

function send(socket: Deno.DatagramConn, ...args: unknown[]): Promise<unknown> {
  return outcome(() => Reflect.apply(socket.send, socket, args));
}

function receive(socket: Deno.DatagramConn, ...args: unknown[]): Promise<unknown> {
  return outcome(() => Reflect.apply(socket.receive, socket, args));
}

async function receiveText(socket: Deno.DatagramConn, buffer?: Uint8Array): Promise<string> {
  return text((await socket.receive(buffer))[0]);
}

same("S6 send gives the length, also 0, and receive the datagram and its sender", async (platform) => {
  using sockets = datagrams(platform);
  const { client, server, to } = sockets;
  const sent = [await client.send(bytes("hello"), to), await client.send(new Uint8Array(0), to)];
  const [data, sender] = await server.receive();
  const [empty] = await server.receive();
  return [
    sent,
    text(data),
    data.byteOffset,
    empty.length,
    (sender as Deno.NetAddr).port === address(client).port,
    Object.getPrototypeOf(sender),
    Object.keys(sender),
    sender.transport,
  ];
}, [[5, 0], "hello", 0, 0, true, null, ["hostname", "port", "transport"], "udp"]);

same("S6 an answer goes to the sender as it was told", async (platform) => {
  using sockets = datagrams(platform);
  await sockets.client.send(bytes("ping"), sockets.to);
  const [question, sender] = await sockets.server.receive();
  await sockets.server.send(question, sender);
  return await receiveText(sockets.client);
}, "ping");

same("S6 receive fills a buffer and gives a part of it; what does not fit is lost", async (platform) => {
  using sockets = datagrams(platform);
  const { client, server, to } = sockets;
  for (const word of ["one", "two", "three", "four"]) await client.send(bytes(word), to);
  const buffer = bytes("......");
  const [part] = await server.receive(buffer.subarray(1));
  const seen = [text(part), part.buffer === buffer.buffer, part.byteOffset, text(buffer)];
  return [...seen, await receiveText(server, new Uint8Array(2)), await receiveText(server)];
}, ["one", true, 1, ".one..", "tw", "three"]);

same("S6 an empty buffer consumes a datagram", async (platform) => {
  using sockets = datagrams(platform);
  const { client, server, to } = sockets;
  for (const word of ["lost", "next"]) await client.send(bytes(word), to);
  return [await receiveText(server, new Uint8Array(0)), await receiveText(server)];
}, ["", "next"]);

for (
  const [bufSize, is] of [
    [2, "ab"],
    [0, ""],
    [1.5, "a"],
    [NaN, ""],
    ["2", "ab"],
    [null, ""],
    [1e6, "abc"],
    [-1, "RangeError"],
    [Infinity, "RangeError"],
  ] as const
) {
  sameArgument(`S6 bufSize ${Deno.inspect(bufSize)} is what receive returns at most`, async (platform) => {
    using sockets = datagrams(platform);
    const { client, server, to } = sockets;
    await client.send(bytes("abc"), to);
    Reflect.set(server, "bufSize", bufSize);
    const result = await receive(server);
    return Array.isArray(result) ? text(result[0]) : classOf(result);
  }, is);
}

same("S6 bufSize counts at the call", async (platform) => {
  using sockets = datagrams(platform);
  const receiving = receiveText(sockets.server);
  Reflect.set(sockets.server, "bufSize", 1);
  await sockets.client.send(bytes("abc"), sockets.to);
  return await receiving;
}, "abc");

same("S6 what is no Uint8Array is a TypeError, before and after close", async (platform) => {
  using sockets = datagrams(platform);
  const { client, to } = sockets;
  const values = ["text", 5, {}, new ArrayBuffer(4), new Uint16Array(2), new DataView(new ArrayBuffer(4))];
  const seen = new Set<string>();
  for (const value of values) seen.add(classOf(await receive(client, value)));
  for (const value of [undefined, null, ...values]) seen.add(classOf(await send(client, value, to)));
  client.close();
  for (const value of values) {
    seen.add(classOf(await receive(client, value))).add(classOf(await send(client, value, to)));
  }
  return [...seen];
}, ["TypeError"]);

for (const nothing of [undefined, null, 0, ""]) {
  sameArgument(`S6 receive(${Deno.inspect(nothing)}) brings a buffer of its own`, async (platform) => {
    using sockets = datagrams(platform);
    await sockets.client.send(bytes("abc"), sockets.to);
    const result = await receive(sockets.server, nothing) as [Uint8Array];
    return text(result[0]);
  }, "abc");
}

for (
  const [hostname, to, most] of [
    ["127.0.0.1", "127.0.0.1", 65507],
    ["::1", "::1", 65527],
    ["::", "::1", 65527],
  ] as const
) {
  sameArgument(`S6 from ${hostname} to ${to} a datagram has at most ${most} bytes`, ({ client }) => {
    return bound(client, [hostname, to], async (socket, other) => {
      const addr = { transport: "udp", hostname: to, port: address(other).port };
      return [await send(socket, new Uint8Array(most), addr), await send(socket, new Uint8Array(most + 1), addr)];
    });
  }, [most, TOO_LONG]);
}

for (
  const [own, hostname, is] of [
    ["127.0.0.1", undefined, 1],
    ["127.0.0.1", null, 1],
    ["127.0.0.1", "localhost", 1],
    ["127.0.0.1", "0.0.0.0", 1],
    ["127.0.0.1", "127.0.0.2", 1],
    ["127.0.0.1", "::1", WRONG_FAMILY],
    ["127.0.0.1", "::", WRONG_FAMILY],
    ["127.0.0.1", "::ffff:127.0.0.1", WRONG_FAMILY],
    ["0.0.0.0", "::1", WRONG_FAMILY],
    ["::", undefined, 1],
    ["::", "localhost", 1],
    ["::", "127.0.0.1", 1],
    ["::", "0.0.0.0", 1],
    ["::", "::ffff:127.0.0.1", 1],
    ["::", "::1", 1],
    ["::", "::", 1],
    ["::1", "::1", 1],
    ["::1", "::", 1],
    ["::1", undefined, UNREACHABLE],
    ["::1", "127.0.0.1", UNREACHABLE],
    ["::1", "::ffff:127.0.0.1", UNREACHABLE],
    ["127.0.0.1", "", "URIError: invalid empty host: ''"],
    ["127.0.0.1", "a b", "URIError: invalid host 'a b': invalid char found in FQDN"],
  ] as const
) {
  sameArgument(`S6 a socket at ${own} sends to host ${Deno.inspect(hostname)}`, ({ client }) => {
    return bound(client, [own], (socket) => send(socket, X, { transport: "udp", hostname, port: 9 }));
  }, is);
}

same("S6 a socket at :: hears both families, and shows IPv4 as mapped", ({ client }) => {
  return bound(client, ["::", "127.0.0.1", "::1"], async (both, four, six) => {
    const { port } = address(both);
    await four.send(X, { transport: "udp", hostname: "127.0.0.1", port });
    const [, first] = await both.receive();
    await six.send(X, { transport: "udp", hostname: "::1", port });
    const [, second] = await both.receive();
    await both.send(bytes("back"), first);
    return [(first as Deno.NetAddr).hostname, (second as Deno.NetAddr).hostname, await receiveText(four)];
  });
}, ["::ffff:127.0.0.1", "::1", "back"]);

for (
  const [port, is] of [
    [0, INVALID],
    [-1, INVALID],
    [NaN, INVALID],
    [undefined, "TypeError"],
    [null, "TypeError"],
    ["53", "TypeError"],
  ]
) {
  sameArgument(`S6 send to port ${Deno.inspect(port)}`, async (platform) => {
    using sockets = datagrams(platform);
    const result = await send(sockets.client, X, { ...sockets.to, port });
    return is === INVALID ? result : classOf(result);
  }, is);
}

for (const addr of [undefined, null, "x", {}]) {
  sameArgument(`S6 send to ${Deno.inspect(addr)} is a TypeError`, async (platform) => {
    using sockets = datagrams(platform);
    return classOf(await send(sockets.client, X, addr));
  }, "TypeError");
}

same("S6 the transport of an address may be missing, or that of TCP", async (platform) => {
  using sockets = datagrams(platform);
  const { hostname, port } = sockets.to;
  return [
    await send(sockets.client, X, { hostname, port }),
    await send(sockets.client, X, { hostname, port, transport: "tcp" }),
  ];
}, [1, 1]);

same("S6 close: pending receives are interrupted, later calls find the socket closed", async (platform) => {
  using sockets = datagrams(platform);
  const { client, to } = sockets;
  const receives = outcomes(client.receive(), client.receive(new Uint8Array(4)));
  const seen = [client.close()];
  return [
    ...seen,
    ...await receives,
    ...await outcomes(client.receive(), client.receive(new Uint8Array(0)), client.send(X, to)),
    await send(client, X, { ...to, port: 0 }),
    await outcome(() => client.joinMulticastV4("224.0.0.251", "0.0.0.0")),
    thrown(() => client.close()),
  ];
}, [undefined, INTERRUPTED, INTERRUPTED, ...Array(5).fill(SOCKET_CLOSED), CLOSED]);

same("S6 a loop ends when the socket is closed; leaving it does not close", async (platform) => {
  using sockets = datagrams(platform);
  const { client, server, to } = sockets;
  await client.send(bytes("a"), to);
  const seen: unknown[] = [];
  for await (const [datagram] of server) {
    seen.push(text(datagram));
    break;
  }
  await client.send(bytes("b"), to);
  for await (const [datagram] of server) {
    seen.push(text(datagram));
    server.close();
  }
  return [...seen, thrown(() => server.close())];
}, ["a", "b", CLOSED]);

same("S6 an iteration that waits is done at close, and so is a later one", async (platform) => {
  using sockets = datagrams(platform);
  const { client } = sockets;
  const next = client[Symbol.asyncIterator]().next();
  client.close();
  return [await next, await client[Symbol.asyncIterator]().next()];
}, [END, END]);

same("S6 each iteration is a generator of its own", (platform) => {
  using sockets = datagrams(platform);
  const [first, second] = [sockets.client[Symbol.asyncIterator](), sockets.client[Symbol.asyncIterator]()];
  return [String(first), typeof first.return, typeof first.throw, first === second];
}, ["[object AsyncGenerator]", "function", "function", false]);

same("S6 that nobody has the port is never told", async (platform) => {
  using sockets = datagrams(platform);
  const { client, server, to } = sockets;
  server.close();
  const receiving = receiveText(client);
  const seen = [];
  for (let i = 0; i < 3; i++) {
    seen.push(await send(client, X, to));
    await arrival(platform);
  }
  await client.send(bytes("myself"), { ...address(client), hostname: "127.0.0.1" });
  return [...seen, await receiving];
}, [1, 1, 1, "myself"]);

same("S6 concurrent sends all go out; receives may be concurrent", async (platform) => {
  using sockets = datagrams(platform);
  const { client, server, to } = sockets;
  const receiving = Array.from({ length: 8 }, () => receiveText(server));
  await Promise.all(Array.from({ length: 8 }, (_, i) => client.send(bytes(String(i)), to)));
  return (await Promise.all(receiving)).toSorted();
}, ["0", "1", "2", "3", "4", "5", "6", "7"]);

same("S6 datagrams that were sent when the socket was closed still arrive", async (platform) => {
  using sockets = datagrams(platform);
  const sending = sockets.client.send(bytes("bye"), sockets.to);
  sockets.client.close();
  return [await sending, await receiveText(sockets.server)];
}, [3, "bye"]);

same("S6 ref and unref never throw, also after close", (platform) => {
  using sockets = datagrams(platform);
  const { client } = sockets as unknown as { client: Deno.DatagramConn & { ref(): void; unref(): void } };
  const both = () => [thrown(() => client.unref()), thrown(() => client.ref())];
  const seen = both();
  client.close();
  return [...seen, ...both()];
}, [DONE, DONE, DONE, DONE]);

/** Two sockets at one address, and a sender. */
async function sharing(
  { client, server }: Platform,
  reuseAddress: boolean[],
  use: (sockets: Deno.DatagramConn[], send: (word: string) => Promise<unknown>, port: number) => unknown,
): Promise<unknown> {
  const sockets: Deno.DatagramConn[] = [client.listenDatagram({ port: 0, transport: "udp" })];
  try {
    let port = 0;
    for (const reuse of reuseAddress) {
      sockets.push(server.listenDatagram({ hostname: server.ipv4, port, transport: "udp", reuseAddress: reuse }));
      port = address(sockets[1]).port;
    }
    const to: Deno.NetAddr = { transport: "udp", hostname: server.ipv4, port };
    return await use(sockets.slice(1), (word) => sockets[0].send(bytes(word), to), port);
  } finally {
    sockets.forEach(closeQuietly);
  }
}

same("S6 reuseAddress: sockets share a port when all of them say so, and the last one gets what comes", (platform) => {
  return sharing(platform, [true, true], async ([first, second], send) => {
    await send("one");
    const seen = [await receiveText(second)];
    second.close();
    await send("two");
    return [...seen, await receiveText(first)];
  });
}, ["one", "two"]);

for (const reuse of [[true, false], [false, true], [false, false]]) {
  sameArgument(`S6 reuseAddress ${reuse.join(" and ")}: the port is taken`, (platform) => {
    return outcome(() => sharing(platform, reuse, () => "shared"));
  }, IN_USE);
}

differs("S6 concurrent receives", "ours are served in order", async (platform) => {
  using sockets = datagrams(platform);
  const { client, server, to } = sockets;
  const order: number[] = [];
  const receiving = Array.from({ length: 8 }, (_, i) => server.receive().then(() => order.push(i)));
  for (let i = 0; i < 8; i++) await client.send(X, to);
  await Promise.all(receiving);
  return order.every((place, i) => place === i);
}, { deno: false, ours: true });

differs("S6 ports that are no ports", "ours refuse them", async (platform) => {
  using sockets = datagrams(platform);
  return [
    await send(sockets.client, X, { ...sockets.to, port: 65537 }),
    await send(sockets.client, X, { ...sockets.to, port: 9.5 }),
  ];
}, { deno: [1, 1], ours: [INVALID, INVALID] });

differs("S6 addresses of other transports", "ours refuse them", async (platform) => {
  using sockets = datagrams(platform);
  return [
    await send(sockets.client, X, { transport: "vsock", cid: 1, port: 9 }),
    classOf(await send(sockets.client, X, { transport: "unixpacket", path: "/tmp/none" })),
  ];
}, { deno: [1, "TypeError"], ours: [NOT_SUPPORTED, "NotSupported"] });

differs("S6 from the loopback to another host", "what ours sends is lost without a word", ({ client }) => {
  return bound(
    client,
    ["127.0.0.1"],
    (socket) => send(socket, X, { transport: "udp", hostname: "192.0.2.1", port: 9 }),
  );
}, { deno: INVALID, ours: 1 });

differs("S6 multicast", "there is none here", ({ client }) => {
  return bound(client, ["0.0.0.0"], async (socket) => {
    const joining = await outcome(() => socket.joinMulticastV4("224.0.0.251", "127.0.0.1"));
    return typeof joining === "object" ? "joined" : joining;
  });
}, { deno: "joined", ours: NOT_SUPPORTED });
