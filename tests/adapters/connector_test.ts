import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { Connector } from "../../adapters/connector.ts";
import { ListenConfig } from "../../adapters/listen_config.ts";
import { FakeStack } from "./fake_stack.ts";
import { buffer, outcome, thrown } from "./fakes.ts";

Deno.test("Connector.dial: tcp and udp, by the stack", async () => {
  const stack = new FakeStack();
  const connector = new Connector(stack.asStack());
  const { signal } = new AbortController();
  assertStrictEquals(await connector.dial("tcp", "10.0.0.1:80", { signal }), stack.conn);
  assertStrictEquals(await connector.dial("udp", "[::1]:53", { signal }), stack.udpConn);
  assertEquals(stack.calls, ["dialTCP 10.0.0.1:80", "dialUDP [::1]:53"]);
  assertStrictEquals(stack.signals[0], signal);
});

for (const network of ["tcp4", "tcp6", "udp4", "udp6", "TCP", "unix", "", undefined, null]) {
  Deno.test(`Connector, ListenConfig: network ${Deno.inspect(network)} is refused`, async () => {
    const stack = new FakeStack();
    const connector = new Connector(stack.asStack());
    const error = await assertRejects(
      () => Reflect.apply(connector.dial, connector, [network, "10.0.0.1:80"]),
      Deno.errors.NotSupported,
    );
    assertEquals(error.message, `Cannot dial network "${network}": Protocol wrong type for socket (os error 91)`);
    assertEquals(Reflect.get(error, "code"), "EPROTOTYPE");
    const config = new ListenConfig(stack.asStack());
    for (const method of [config.listen, config.listenPacket]) {
      assertEquals(thrown(() => Reflect.apply(method, config, [network, "10.0.0.1:80"])), "NotSupported EPROTOTYPE");
    }
    assertEquals(stack.calls, []);
  });
}

Deno.test("Connector.dial: udp with a signal aborted before", async () => {
  const stack = new FakeStack();
  const reason = new Error("enough");
  const dial = new Connector(stack.asStack()).dial("udp", "10.0.0.1:53", { signal: AbortSignal.abort(reason) });
  assertStrictEquals(await dial.catch((error) => error), reason);
  assertEquals(stack.calls, []);
});

Deno.test("Connector.dial: udp with a signal aborted during the dial", async () => {
  const stack = new FakeStack();
  const controller = new AbortController();
  stack.duringDial = () => controller.abort("enough");
  const dial = new Connector(stack.asStack()).dial("udp", "10.0.0.1:53", controller);
  assertEquals(await dial.catch((error) => error), "enough");
  assertEquals(await outcome(stack.udpConn.read(buffer())), "BadResource");
});

Deno.test("ListenConfig: tcp and udp, by the stack", () => {
  const stack = new FakeStack();
  const config = new ListenConfig(stack.asStack());
  assertStrictEquals(config.listen("tcp", "10.0.0.1:80"), stack.listener);
  assertStrictEquals(config.listenPacket("udp", "[::]:0"), stack.socket);
  assertEquals(stack.calls, ["listenTCP 10.0.0.1:80", "listenUDP [::]:0"]);
});

Deno.test("ListenConfig: connections over tcp, packets over udp", () => {
  const config = new ListenConfig(new FakeStack().asStack());
  const error = assertThrows(() => Reflect.apply(config.listen, config, ["udp", "10.0.0.1:80"]), Error);
  assertEquals(error.message, 'Cannot listen on network "udp": Protocol wrong type for socket (os error 91)');
  assertEquals(
    thrown(() => Reflect.apply(config.listenPacket, config, ["tcp", "10.0.0.1:80"])),
    "NotSupported EPROTOTYPE",
  );
});

for (const stack of [undefined, null, {}, "10.0.0.1"]) {
  Deno.test(`Connector, ListenConfig: ${Deno.inspect(stack)} is no stack`, () => {
    assertThrows(() => Reflect.construct(Connector, [stack]), TypeError, "stack must be a Stack");
    assertThrows(() => Reflect.construct(ListenConfig, [stack]), TypeError, "stack must be a Stack");
  });
}
