import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { denoNet } from "../../adapters/deno_net.ts";
import { FakeStack } from "./fake_stack.ts";
import { buffer, outcome, thrown } from "./fakes.ts";

function fake() {
  const stack = new FakeStack();
  // Taken apart: the functions are bound.
  const { connect, listen, listenDatagram } = denoNet(stack.asStack());
  return { stack, connect, listen, listenDatagram };
}

for (const transport of [undefined, "tcp"] as const) {
  Deno.test(`denoNet: transport ${transport} is tcp`, async () => {
    const { stack, connect, listen } = fake();
    const { signal } = new AbortController();
    assertStrictEquals(await connect({ port: 80, transport, signal }), stack.conn);
    assertStrictEquals(listen({ port: 80, transport }), stack.listener);
    assertEquals(stack.calls, ["dialTCP 127.0.0.1:80", "listenTCP 0.0.0.0:80"]);
    assertStrictEquals(stack.signals[0], signal);
  });
}

Deno.test("denoNet: udp", async () => {
  const { stack, connect, listenDatagram } = fake();
  assertStrictEquals(await connect({ port: 53, transport: "udp" }), stack.udpConn);
  assertStrictEquals(listenDatagram({ port: 53, transport: "udp" }), stack.socket);
  assertEquals(stack.calls, ["dialUDP 127.0.0.1:53", "listenUDP 0.0.0.0:53"]);
});

for (
  const [hostname, server, peer] of [
    ["localhost", "127.0.0.1", "127.0.0.1"],
    ["[::1]", "[::1]", "[::1]"],
    ["2001:DB8::0:1", "[2001:db8::1]", "[2001:db8::1]"],
    ["::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1"],
    ["0.0.0.0", "0.0.0.0", "127.0.0.1"],
    ["::", "[::]", "[::1]"],
  ]
) {
  Deno.test(`denoNet: the stack is asked for host ${hostname}`, async () => {
    const { stack, connect, listen, listenDatagram } = fake();
    await connect({ hostname, port: 80 });
    await connect({ hostname, port: 80, transport: "udp" });
    listen({ hostname, port: 80 });
    listenDatagram({ hostname, port: 80, transport: "udp" });
    assertEquals(stack.calls, [
      `dialTCP ${peer}:80`,
      `dialUDP ${peer}:80`,
      `listenTCP ${server}:80`,
      `listenUDP ${server}:80`,
    ]);
  });
}

for (const transport of ["unix", "unixpacket", "vsock", "tcp4", "sctp", ""]) {
  Deno.test(`denoNet: transport ${Deno.inspect(transport)} is not supported`, async () => {
    const { connect, listen, listenDatagram } = fake();
    const options = { transport, path: "/tmp/socket", cid: 1, port: 80 };
    const error = await assertRejects(() => Reflect.apply(connect, undefined, [options]), Deno.errors.NotSupported);
    assertEquals(
      error.message,
      `Cannot connect over transport "${transport}": Protocol wrong type for socket (os error 91)`,
    );
    assertEquals(thrown(() => Reflect.apply(listen, undefined, [options])), "NotSupported EPROTOTYPE");
    assertEquals(thrown(() => Reflect.apply(listenDatagram, undefined, [options])), "NotSupported EPROTOTYPE");
  });
}

Deno.test("denoNet: listen has no udp, listenDatagram nothing else", () => {
  const { listen, listenDatagram } = fake();
  assertEquals(
    thrown(() => Reflect.apply(listen, undefined, [{ transport: "udp", port: 0 }])),
    "NotSupported EPROTOTYPE",
  );
  for (const transport of ["tcp", undefined]) {
    const call = () => Reflect.apply(listenDatagram, undefined, [{ transport, port: 0 }]);
    assertEquals(thrown(call), "NotSupported EPROTOTYPE");
  }
});

for (const options of [undefined, null, "10.0.0.1:80", 80]) {
  Deno.test(`denoNet: ${Deno.inspect(options)} are no options`, async () => {
    const { connect, listen, listenDatagram } = fake();
    const error = await assertRejects(() => Reflect.apply(connect, undefined, [options]), TypeError);
    assertEquals(error.message, `Cannot connect with ${Deno.inspect(options)}: expected options`);
    for (const call of [listen, listenDatagram]) {
      const error = assertThrows(() => Reflect.apply(call, undefined, [options]), TypeError);
      assertEquals(error.message, `Cannot listen with ${Deno.inspect(options)}: expected options`);
    }
  });
}

for (const transport of ["tcp", "udp"] as const) {
  Deno.test(`denoNet: a signal aborted before, over ${transport}`, async () => {
    const { stack, connect } = fake();
    const signal = AbortSignal.abort("enough");
    const options = { port: 80, transport, signal };
    assertEquals(await outcome(Reflect.apply(connect, undefined, [options])), "enough");
    assertEquals(await outcome(Reflect.apply(connect, undefined, [{ ...options, port: 70000 }])), "enough");
    assertEquals(stack.calls, []);
  });
}

Deno.test("denoNet: a signal aborted while udp connects", async () => {
  const { stack, connect } = fake();
  const controller = new AbortController();
  stack.duringDial = () => controller.abort("enough");
  assertEquals(await outcome(connect({ port: 80, transport: "udp", signal: controller.signal })), "enough");
  assertEquals(await outcome(stack.udpConn.read(buffer())), "BadResource");
});

for (const [tcpBacklog, backlog] of [[undefined, undefined], [5, 5], [0, 1], [-1, undefined], [1.5, 1]]) {
  Deno.test(`denoNet: tcpBacklog ${tcpBacklog} is ${backlog}`, () => {
    const { stack, listen } = fake();
    listen({ port: 80, tcpBacklog });
    assertEquals(stack.backlogs, [backlog]);
  });
}

Deno.test("denoNet: a tcpBacklog that is no number", () => {
  const { listen } = fake();
  const call = () => Reflect.apply(listen, undefined, [{ port: 80, tcpBacklog: "abc" }]);
  assertThrows(call, TypeError, 'Invalid tcpBacklog (expected number): "abc"');
});

Deno.test("denoNet: options for the kernel are accepted", async () => {
  const { stack, connect, listen, listenDatagram } = fake();
  await connect({ port: 80, autoSelectFamily: false, autoSelectFamilyAttemptDelay: 10 });
  listen({ port: 80, reusePort: true });
  listenDatagram({ port: 80, transport: "udp", reuseAddress: true, loopback: true });
  assertEquals(stack.calls, ["dialTCP 127.0.0.1:80", "listenTCP 0.0.0.0:80", "listenUDP 0.0.0.0:80"]);
});

for (const stack of [undefined, null, {}]) {
  Deno.test(`denoNet: ${Deno.inspect(stack)} is no stack`, () => {
    assertThrows(() => Reflect.apply(denoNet, undefined, [stack]), TypeError, "stack must be a Stack");
  });
}
