// What happens to packets on their way through a test's internet.
// Some packets here are malformed on purpose.
import { assert, assertEquals, assertGreater, assertNotEquals, assertThrows } from "@std/assert";
import { type PacketFate, type TestInternet, withInternet, type WithInternetOptions } from "../../mod.ts";
import { LoneNIC, numbered, sendNumbers } from "./lone_nic.ts";

const COUNT = 400;
const THERE = ["10.0.0.1", "10.0.0.2"] as const;
const BACK = ["10.0.0.2", "10.0.0.1"] as const;

function fates(net: TestInternet): PacketFate[] {
  return net.packets.map(({ fate }) => fate);
}

/** Runs `body` with a NIC at 10.0.0.2. */
async function withNIC(
  options: WithInternetOptions,
  body: (net: TestInternet, nic: LoneNIC) => Promise<void>,
): Promise<void> {
  await withInternet(options, (net) => body(net, new LoneNIC(net, "10.0.0.2")));
}

Deno.test("faults: without any, packets arrive at once and in order", async () => {
  await withNIC({}, async (net, nic) => {
    await sendNumbers(net, 5);
    assertEquals(nic.numbers, [0, 1, 2, 3, 4]);
    assertEquals(fates(net), Array(5).fill("delivered"));
    assertEquals(net.sent, 5);
  });
});

Deno.test("faults: a packet that nobody takes is undeliverable", async () => {
  await withNIC({}, async (net, nic) => {
    await sendNumbers(net, 2, "10.0.0.1", "10.0.0.3");
    assertEquals([fates(net), nic.numbers], [["undeliverable", "undeliverable"], []]);
  });
});

Deno.test("faults: the filter drops, replaces and changes; the log has what was sent", async () => {
  await withNIC({}, async (net, nic) => {
    net.filter = ({ packet }) => packet[28] === 1 ? false : packet[28] === 2 ? { packet: numbered(20) } : true;
    await sendNumbers(net, 4);
    assertEquals(nic.numbers, [0, 20, 3]);
    assertEquals(fates(net), ["delivered", "filtered", "delivered", "delivered"]);
    net.filter = ({ packet }) => packet.fill(9, 28).length > 0;
    await sendNumbers(net, 1);
    assertEquals(nic.numbers.at(-1), 9);
    assertEquals(net.packets.map(({ packet }) => packet[28]), [0, 1, 2, 3, 0]);
    net.filter = null;
    await sendNumbers(net, 1);
    assertEquals(nic.numbers.at(-1), 0);
  });
});

Deno.test("faults: loss of 1 cuts all cables, of 0 none", async () => {
  await withNIC({ loss: 1 }, async (net, nic) => {
    await sendNumbers(net, COUNT);
    assertEquals([new Set(fates(net)), nic.arrived], [new Set(["lost"]), []]);
    net.loss = 0;
    await sendNumbers(net, COUNT);
    assertEquals(nic.arrived.length, COUNT);
  });
});

Deno.test("faults: the seed decides which packets are lost", async () => {
  const lost: PacketFate[][] = [];
  for (const seed of [7, 7, 8]) {
    await withNIC({ loss: 0.1, seed }, async (net, nic) => {
      await sendNumbers(net, COUNT);
      lost.push(fates(net));
      assertEquals(nic.arrived.length, fates(net).filter((fate) => fate === "delivered").length);
    });
  }
  assertEquals(lost[0], lost[1]);
  assertNotEquals(lost[0], lost[2]);
  // Ten standard deviations: 400 packets at 0.1 lose 40, give or take 6.
  const count = lost[0].filter((fate) => fate === "lost").length;
  assert(count > 10 && count < 100, `${count} of ${COUNT} were lost`);
});

Deno.test("faults: what one direction loses does not depend on the other", async () => {
  const lost: PacketFate[][] = [];
  for (const others of [0, 3]) {
    await withNIC({ loss: 0.5, seed: 7 }, async (net) => {
      new LoneNIC(net, "10.0.0.1");
      for (let i = 0; i < 100; i++) {
        await sendNumbers(net, 1, ...THERE);
        await sendNumbers(net, others, ...BACK);
      }
      lost.push(net.packets.filter(({ packet }) => packet[15] === 1).map(({ fate }) => fate));
    });
  }
  assertEquals(lost[0].length, 100);
  assertEquals(lost[0], lost[1]);
});

Deno.test("faults: duplication of 1 delivers each packet twice", async () => {
  await withNIC({ duplication: 1 }, async (net, nic) => {
    await sendNumbers(net, 2);
    assertEquals([nic.numbers, fates(net)], [[0, 0, 1, 1], ["duplicated", "duplicated"]]);
  });
});

Deno.test("faults: a delayed packet is under way, and arrives in its turn", async () => {
  await withNIC({ delay: 5 }, async (net, nic) => {
    await sendNumbers(net, 3);
    assertEquals([nic.numbers, fates(net)], [[], ["delayed", "delayed", "delayed"]]);
    await nic.wait(3);
    assertEquals([nic.numbers, fates(net)], [[0, 1, 2], ["delivered", "delivered", "delivered"]]);
  });
});

Deno.test("faults: a shorter delay lets a packet overtake, and a delayed one may be undeliverable", async () => {
  await withNIC({ delay: 40 }, async (net, nic) => {
    net.internet.sendFrame({ packet: numbered(1) });
    await sendNumbers(net, 1, "10.0.0.1", "10.0.0.3");
    net.delay = 0;
    await sendNumbers(net, 1);
    await nic.wait(2);
    assertEquals([nic.numbers, fates(net)], [[0, 1], ["delivered", "undeliverable", "delivered"]]);
  });
});

Deno.test("faults: jitter alone makes packets overtake each other", async () => {
  await withNIC({ jitter: 30, seed: 7 }, async (net, nic) => {
    await sendNumbers(net, 50);
    await nic.wait(50);
    assertNotEquals(nic.numbers, nic.numbers.toSorted((a, b) => a - b));
    assertEquals(nic.numbers.toSorted((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
  });
});

Deno.test("faults: packets under way at the end leave no timer", async () => {
  await withNIC({ delay: 60_000, jitter: 1000 }, async (net, nic) => {
    await sendNumbers(net, 3);
    assertEquals(nic.numbers, []);
  });
});

Deno.test("faults: all of them at once, over TCP", async () => {
  const faults = { loss: 0.05, duplication: 0.05, delay: 2, jitter: 3, isolation: "inline", seed: 7 } as const;
  await withInternet(faults, async (net) => {
    const [server, client] = [await net.stack("10.0.0.1"), await net.stack("10.0.0.2")];
    const listener = server.listenTCP("10.0.0.1:80");
    const conn = await client.dialTCP("10.0.0.1:80");
    const accepted = await listener.accept();
    const sent = crypto.getRandomValues(new Uint8Array(50_000));
    const sending = new Blob([sent]).stream().pipeTo(accepted.writable);
    assertEquals(await new Response(conn.readable).bytes(), sent);
    await sending;
    assertGreater(fates(net).filter((fate) => fate === "lost").length, 0);
  });
});

Deno.test("faults: values that mean nothing are refused", async () => {
  await withInternet((net) => {
    for (const value of [-0.1, 1.1, NaN, "1" as unknown as number]) {
      const says = `to ${Deno.inspect(value)}: must be a probability, 0 to 1`;
      assertThrows(() => net.loss = value, RangeError, `Cannot set loss ${says}`);
      assertThrows(() => net.duplication = value, RangeError, `Cannot set duplication ${says}`);
    }
    for (const value of [-1, Infinity, NaN]) {
      assertThrows(() => net.delay = value, RangeError, `Cannot set delay to ${value}: must be milliseconds, 0 to`);
      assertThrows(() => net.jitter = value, RangeError, `Cannot set jitter to ${value}: must be milliseconds, 0 to`);
    }
    const notOne = "drop" as unknown as null;
    assertThrows(() => net.filter = notOne, TypeError, 'Cannot filter packets by "drop": must be a function or null');
    assertEquals([net.loss, net.duplication, net.delay, net.jitter, net.filter], [0, 0, 0, 0, null]);
  });
});

Deno.test("the log keeps the last packets, as many as asked for", async () => {
  for (const [packets, kept] of [[3, [7, 8, 9]], [10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]], [11, 10], [0, []]] as const) {
    await withNIC({ packets }, async (net) => {
      await sendNumbers(net, 10);
      const numbers = net.packets.map(({ packet }) => packet[28]);
      if (typeof kept === "number") assertEquals(numbers.length, kept);
      else assertEquals(numbers, [...kept]);
      assertEquals(net.sent, 10);
    });
  }
});
