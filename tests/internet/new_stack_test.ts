// Some packets here are malformed on purpose.
import { assertEquals, assertRejects } from "@std/assert";
import { Internet } from "../../internet/mod.ts";
import { MTU_ETHERNET, MTU_MINIMUM_IPV6 } from "../../vnic/mod.ts";
import { packetTo } from "./packets.ts";

async function assertRejectsWithCode(
  act: () => Promise<unknown>,
  // deno-lint-ignore no-explicit-any -- as assertRejects() has it
  errorClass: new (...args: any[]) => Error,
  code: string,
): Promise<void> {
  const error = await assertRejects(act, errorClass);
  assertEquals((error as Error & { code?: string }).code, code);
}

Deno.test("newStack() makes a host that packets reach", async () => {
  await using internet = new Internet();
  const stack = await internet.newStack(MTU_ETHERNET, "10.0.0.1", "2001:DB8:0::1");
  assertEquals(stack.addresses, ["10.0.0.1", "2001:db8::1"]);
  assertEquals(internet.deliver({ packet: packetTo("10.0.0.1") }), true);
  assertEquals(internet.deliver({ packet: packetTo("2001:db8::1", MTU_ETHERNET) }), true);
  assertEquals(internet.deliver({ packet: packetTo("2001:db8::1", MTU_ETHERNET + 1) }), false);
});

Deno.test("newStack() takes options, whose MTU is 1500 by default", async () => {
  await using internet = new Internet();
  const byDefault = await internet.newStack({ addresses: ["10.0.0.1"] });
  const chosen = await internet.newStack({ addresses: ["10.0.0.2"], mtu: 576 });
  assertEquals([byDefault.addresses, chosen.addresses], [["10.0.0.1"], ["10.0.0.2"]]);
  const sizes = [1500, 1501, 576, 577];
  const taken = sizes.map((size, i) => internet.deliver({ packet: packetTo(i < 2 ? "10.0.0.1" : "10.0.0.2", size) }));
  assertEquals(taken, [true, false, true, false]);
});

Deno.test("newStack() refuses bad arguments, and their addresses stay free", async () => {
  await using internet = new Internet();
  await assertRejects(() => internet.newStack(67, "10.0.0.1"), RangeError, "MTU 67");
  await assertRejects(() => internet.newStack({ addresses: ["10.0.0.1"], mtu: 65536 }), RangeError, "MTU 65536");
  await assertRejects(() => internet.newStack(undefined as unknown as number, "10.0.0.1"), RangeError, "MTU undefined");
  await assertRejects(() => internet.newStack(MTU_ETHERNET, "10.0.0.1", "a.example"), TypeError, '"a.example"');
  await assertRejects(() => internet.newStack({} as { addresses: string[] }), TypeError, "addresses");
  await assertRejects(() => internet.newStack(MTU_MINIMUM_IPV6 - 1, "10.0.0.1", "2001:db8::1"), RangeError);
  const stack = await internet.newStack(MTU_MINIMUM_IPV6, "10.0.0.1", "2001:db8::1");
  assertEquals(stack.addresses.length, 2);
});

Deno.test("newStack() refuses addresses that no host can have", async () => {
  await using internet = new Internet({ isolation: "inline" });
  const ipv4 = ["0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"];
  for (const address of [...ipv4, "::", "::1", "ff02::1", "::ffff:10.0.0.1"]) {
    await assertRejects(() => internet.newStack(MTU_ETHERNET, address), TypeError, `"${address}"`);
  }
});

Deno.test("newStack() refuses addresses in use, and adds none", async () => {
  await using internet = new Internet();
  await internet.newStack(MTU_ETHERNET, "10.0.0.1");
  const { AddrInUse } = Deno.errors;
  await assertRejectsWithCode(() => internet.newStack(MTU_ETHERNET, "10.0.0.2", "10.0.0.1"), AddrInUse, "EADDRINUSE");
  await assertRejectsWithCode(() => internet.newStack(MTU_ETHERNET, "10.0.0.2", "10.0.0.2"), AddrInUse, "EADDRINUSE");
  await internet.newStack(MTU_ETHERNET, "10.0.0.2");
});

Deno.test("of two stacks under way with one address the first comes to be", async () => {
  await using internet = new Internet();
  const both = [internet.newStack(MTU_ETHERNET, "10.0.0.1"), internet.newStack(MTU_ETHERNET, "10.0.0.1")];
  const [first, second] = await Promise.allSettled(both);
  assertEquals([first.status, second.status], ["fulfilled", "rejected"]);
  await assertRejectsWithCode(() => both[1], Deno.errors.AddrInUse, "EADDRINUSE");
});

Deno.test("closing a stack frees its addresses", async () => {
  await using internet = new Internet();
  const stack = await internet.newStack(MTU_ETHERNET, "10.0.0.1", "2001:db8::1");
  await stack.close();
  assertEquals(internet.deliver({ packet: packetTo("10.0.0.1") }), false);
  await internet.newStack(MTU_ETHERNET, "2001:db8::1", "10.0.0.1");
});

Deno.test("close() closes the stacks", async () => {
  const internet = new Internet();
  const stacks = await Promise.all(
    ["10.0.0.1", "10.0.0.2", "2001:db8::3"].map((addr) => internet.newStack(MTU_ETHERNET, addr)),
  );
  await stacks[1].close();
  await internet.close();
  await Promise.all(stacks.map((stack) => stack.closed));
});

Deno.test("newStack() on a closed internet rejects", async () => {
  const internet = new Internet();
  await internet.close();
  const { NetworkUnreachable } = Deno.errors;
  await assertRejectsWithCode(() => internet.newStack(MTU_ETHERNET, "10.0.0.1"), NetworkUnreachable, "ENETDOWN");
});

Deno.test("close() makes stacks under way reject, and waits for them", async () => {
  const internet = new Internet();
  const underWay = ["10.0.0.1", "10.0.0.2"].map((addr) => internet.newStack(MTU_ETHERNET, addr));
  let rejected = 0;
  for (const starting of underWay) starting.catch(() => rejected++);
  await internet.close();
  assertEquals(rejected, 2);
  for (const starting of underWay) {
    await assertRejectsWithCode(() => starting, Deno.errors.NetworkUnreachable, "ENETDOWN");
  }
});

Deno.test("stacks has those that run", async () => {
  await using internet = new Internet({ isolation: "inline" });
  assertEquals(internet.stacks, []);
  const first = await internet.newStack(MTU_ETHERNET, "10.0.0.1");
  const second = await internet.newStack(MTU_ETHERNET, "10.0.0.2");
  assertEquals(internet.stacks, [first, second]);
  await first.close();
  assertEquals(internet.stacks, [second]);
  await internet.close();
  assertEquals(internet.stacks, []);
});
