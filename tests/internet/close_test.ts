// Some packets here are malformed on purpose.
import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { Internet } from "../../internet/mod.ts";
import { numbered, packetTo } from "./packets.ts";

Deno.test("close() is one promise, however often called", async () => {
  const internet = new Internet();
  const closing = internet.close();
  assertStrictEquals(internet.close(), closing);
  assertEquals(await closing, undefined);
  assertStrictEquals(internet.close(), closing);
  await internet[Symbol.asyncDispose]();
});

Deno.test("close() takes effect at once", async () => {
  const internet = new Internet();
  const vnic = internet.newVNIC(1500);
  let received = 0;
  vnic.attach({ deliverNetworkPacket: () => received++ });
  internet.addRoute(vnic, "10.0.0.1");
  const closing = internet.close();
  assertEquals(internet.deliver({ packet: packetTo("10.0.0.1") }), false);
  assertEquals(internet.sendFrame(numbered(1)[0]), false);
  assertEquals(vnic.writePackets([packetTo("10.0.0.1")]), 0);
  assertEquals(vnic.isAttached, false);
  assertEquals([received, internet.dropped], [0, 0]);
  await closing;
});

Deno.test("a closed internet has no more NICs and routes", async () => {
  const internet = new Internet();
  const vnic = internet.newVNIC(1500);
  await internet.close();
  for (const act of [() => internet.newVNIC(1500), () => internet.addRoute(vnic, "10.0.0.1")]) {
    const error = assertThrows(act, Deno.errors.NetworkUnreachable, "closed");
    assertEquals((error as Error & { code?: string }).code, "ENETDOWN");
  }
});

Deno.test("close() closes all NICs and runs their close actions", async () => {
  const internet = new Internet();
  const vnics = [internet.newVNIC(1500), internet.newVNIC(9000), internet.newVNIC(68)];
  let actions = 0;
  for (const vnic of vnics) vnic.onClose = () => actions++;
  vnics[1].close();
  await internet.close();
  await Promise.all(vnics.map((vnic) => vnic.wait()));
  assertEquals(actions, 3);
});

Deno.test("a close action may close the internet", async () => {
  const internet = new Internet();
  const vnic = internet.newVNIC(1500);
  let actions = 0;
  let inner: Promise<void> | undefined;
  vnic.onClose = () => {
    actions++;
    inner = internet.close();
  };
  const outer = internet.close();
  assertStrictEquals(inner, outer);
  await outer;
  assertEquals(actions, 1);
});

Deno.test("close() rejects with what a close action threw, when all is closed", async () => {
  const internet = new Internet();
  const vnics = [internet.newVNIC(1500), internet.newVNIC(1500)];
  const failure = new Error("Cannot unplug");
  vnics[0].onClose = () => {
    throw failure;
  };
  assertStrictEquals(await assertRejects(() => internet.close()), failure);
  await Promise.all(vnics.map((vnic) => vnic.wait()));

  const other = new Internet();
  for (let i = 0; i < 2; i++) {
    other.newVNIC(1500).onClose = () => {
      throw failure;
    };
  }
  const error = await assertRejects(() => other.close(), AggregateError);
  assertEquals(error.errors, [failure, failure]);
});
