// What the compiler must accept without a cast. The tests only keep it from being removed as unused.
import { assertEquals } from "@std/assert";
import {
  DatagramConn,
  type Deadlines,
  type DenoNet,
  denoNet,
  TCPConn,
  TCPListener,
  UDPConn,
} from "../../adapters/mod.ts";
import { FakeStack } from "./fake_stack.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

Deno.test("types: the functions are Deno's own", () => {
  const net: DenoNet = denoNet(new FakeStack().asStack());
  const connect: typeof Deno.connect = net.connect;
  const listen: typeof Deno.listen = net.listen;
  const listenDatagram: typeof Deno.listenDatagram = net.listenDatagram;
  assertEquals([connect.length, listen.length, listenDatagram.length], [1, 1, 1]);
});

Deno.test("types: the sockets are Deno's own", () => {
  const { conn, udpConn, listener, socket } = new FakeStack();
  const tcp: Deno.TcpConn & Deno.Conn & Deadlines = conn;
  const udp: Deno.Conn<Deno.NetAddr> & Deno.Conn & Deadlines = udpConn;
  const server: Deno.TcpListener & Deno.Listener = listener;
  const datagrams: Deno.DatagramConn & Deadlines & Disposable = socket;
  assertEquals(
    [tcp.constructor, udp.constructor, server.constructor, datagrams.constructor],
    [TCPConn, UDPConn, TCPListener, DatagramConn],
  );
});

Deno.test("types: each overload gives the class that it makes", () => {
  const { connect, listen, listenDatagram } = denoNet(new FakeStack().asStack());
  const overloads = {
    tcp: () => connect({ port: 80 }),
    udp: () => connect({ port: 80, transport: "udp" }),
    unix: () => connect({ path: "/tmp/socket", transport: "unix" }),
    vsock: () => connect({ cid: 1, port: 80, transport: "vsock" }),
    listen: () => listen({ port: 80, reusePort: true, tcpBacklog: 1 }),
    listenUnix: () => listen({ path: "/tmp/socket", transport: "unix" }),
    listenVsock: () => listen({ cid: 1, port: 80, transport: "vsock" }),
    listenDatagram: () => listenDatagram({ port: 80, transport: "udp" }),
    listenUnixpacket: () => listenDatagram({ path: "/tmp/socket", transport: "unixpacket" }),
  };
  type Overloads = typeof overloads;
  const verdicts: true[] = [
    true satisfies Same<ReturnType<Overloads["tcp"]>, Promise<TCPConn>>,
    true satisfies Same<ReturnType<Overloads["udp"]>, Promise<UDPConn>>,
    true satisfies Same<ReturnType<Overloads["unix"]>, Promise<never>>,
    true satisfies Same<ReturnType<Overloads["vsock"]>, Promise<never>>,
    true satisfies Same<ReturnType<Overloads["listen"]>, TCPListener>,
    true satisfies Same<ReturnType<Overloads["listenUnix"]>, never>,
    true satisfies Same<ReturnType<Overloads["listenVsock"]>, never>,
    true satisfies Same<ReturnType<Overloads["listenDatagram"]>, DatagramConn>,
    true satisfies Same<ReturnType<Overloads["listenUnixpacket"]>, never>,
  ];
  assertEquals(verdicts.length, Object.keys(overloads).length);
});
