// How a test in withInternet() ends: what it gets back, what is printed, what is written, and what it leaves, which is nothing.
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { readPCAP, type TestInternet, withInternet, type WithInternetOptions } from "../../mod.ts";
import { FakeTime } from "../harness/fake_time.ts";
import { liveWorkers } from "../harness/preload.ts";
import { fixture, Gate, OtherWorkers } from "../scenarios/other_workers.ts";
import { failing } from "./failing.ts";
import { LoneNIC, numbered, sendNumbers } from "./lone_nic.ts";

/** A server that listens on port 80, a client, and a connection that carries three bytes nobody reads. */
async function connected(net: TestInternet): Promise<void> {
  const [server, client] = [await net.stack("10.0.0.1", "2001:db8::1"), await net.stack("10.0.0.2")];
  const listener = server.listenTCP("10.0.0.1:80");
  const conn = await client.dialTCP("10.0.0.1:80");
  await conn.write(new Uint8Array(3));
  const accepted = await listener.accept();
  while ((await accepted.info()).bytesReceived < 3);
}

for (const isolation of ["worker", "inline"] as const) {
  Deno.test(`a test that passes gives what its body gives, and prints nothing (${isolation})`, async () => {
    const original = console.error;
    console.error = (...args: unknown[]) => assertEquals(args, ["silence"]);
    const value = await withInternet({ isolation }, async (net) => {
      await connected(net);
      return net.internet.stacks.length;
    }).finally(() => console.error = original);
    assertEquals([value, liveWorkers()], [2, 0]);
  });

  Deno.test(`a test that fails tells the conversation and the sockets (${isolation})`, async () => {
    const error = new Error("first line\nsecond line");
    const failed = await failing({ isolation, seed: 7 }, async (net) => {
      await connected(net);
      throw error;
    }, ({ pcap }) => {
      const { packets } = readPCAP(Deno.readFileSync(pcap!));
      assertEquals(packets.map(({ bytes }) => bytes[0]), packets.map(() => 0x45));
      assert(packets.length >= 4 && packets.every(({ timestamp }) => Math.abs(timestamp - Date.now()) < 600_000));
    });
    assertStrictEquals(failed.error, error);
    const [heading, seed, _, all, syn, synAck] = failed.printed.split("\n");
    assertEquals([heading, seed], [
      "withInternet: the test failed: Error: first line",
      "seed 7: UIS_SEED=7 repeats its random faults",
    ]);
    assertEquals(all, "All packets, with the seconds since the first:");
    const options = "win 65535, options [mss 1460,sackOK,wscale 7], length 0";
    assertMatch(syn, /^ {2}0\.000000 {2}IP 10\.0\.0\.2\.\d+ > 10\.0\.0\.1\.80: Flags \[S\], seq 0, /);
    assert(syn.endsWith(options), syn);
    assert(synAck.endsWith(`: Flags [S.], seq 0, ack 1, ${options}`), synAck);
    assertMatch(failed.printed, /Flags \[P\.\], seq 1:4, ack 1, win \d+, length 3\n/);
    assertMatch(
      failed.printed,
      /^netstat of 10\.0\.0\.1, 2001:db8::1\n {2}Proto .*\n {2}tcp .* LISTEN\n {2}tcp .* ESTABLISHED$/m,
    );
    assertMatch(failed.printed, /^ {2}tcp {4}3 {7}0 {7}10\.0\.0\.1:80 {2}10\.0\.0\.2:\d+ {2}ESTABLISHED$/m);
    assertMatch(failed.printed, /^netstat of 10\.0\.0\.2\n {2}Proto .*\n {2}tcp .* ESTABLISHED$/m);
    assertEquals(liveWorkers(), 0);
  });
}

for (const thrown of ["text", undefined, null, 0, Object.create(null)]) {
  Deno.test(`a test that throws ${Deno.inspect(thrown)} fails with it`, async () => {
    const { error, printed } = await failing({}, () => {
      throw thrown;
    });
    assertStrictEquals(error, thrown);
    assertStringIncludes(printed, `the test failed: ${Deno.inspect(thrown)}\n`);
    assertStringIncludes(printed, "No packet was sent.");
    assert(printed.endsWith("pcap: none, as no packet was kept"), printed);
  });
}

Deno.test("a test that hangs fails after its time, with a stack trace that leads to it", async () => {
  let ended = "never";
  const { error, printed } = await failing({ timeout: 50, loss: 1 }, async (net) => {
    try {
      const stack = await net.stack("10.0.0.1");
      await stack.dialTCP("10.0.0.2:80");
    } catch (error) {
      ended = String(error);
      throw error;
    }
  });
  assert(error instanceof Deno.errors.TimedOut);
  assertEquals([error.message, (error as Error & { code?: string }).code], [
    "Test took longer than 50 ms",
    "ETIMEDOUT",
  ]);
  assertStringIncludes(error.stack!, "failing.ts");
  // It may not have come as far as to dial, but its end is waited for.
  assertMatch(ended, /^(ConnectionAborted|NetworkUnreachable): /);
  assertStringIncludes(printed, "TimedOut: Test took longer than 50 ms");
});

Deno.test("a test that hangs when its internet is closed fails too", async () => {
  const { error } = await failing({ timeout: 50 }, async (net) => {
    await net.stack("10.0.0.1");
    await net.close();
    await new Promise(() => {});
  });
  assert(error instanceof Deno.errors.TimedOut);
  assertEquals(liveWorkers(), 0);
});

Deno.test("what the filter throws fails a test that waits, and one that does not notice", async () => {
  const error = new Error("of the filter");
  const filter = () => {
    throw error;
  };
  const waiting = await failing({ filter }, async (net) => {
    const stack = await net.stack("10.0.0.1");
    await stack.dialTCP("10.0.0.2:80");
  });
  assertStrictEquals(waiting.error, error);
  const passing = await failing({ filter }, (net) => sendNumbers(net, 1));
  assertStrictEquals(passing.error, error);
  for (const [verdict, what] of [[Promise.resolve(true), "a promise"], [undefined, "undefined"], [null, "null"]]) {
    const filter = (() => verdict) as unknown as () => boolean;
    const wrong = await failing({ filter }, (net) => sendNumbers(net, 1));
    assert(wrong.error instanceof TypeError);
    assertStringIncludes(wrong.error.message, `filter must return a boolean or a frame, not ${what}`);
  }
});

for (const isolation of ["worker", "inline"] as const) {
  Deno.test(`what nobody catches fails its test (${isolation})`, async () => {
    const error = new Error("of a server that nobody awaits");
    const rejected = await failing({ isolation }, async (net) => {
      const [server, client] = [await net.stack("10.0.0.1"), await net.stack("10.0.0.2")];
      const listener = server.listenTCP("10.0.0.1:80");
      void (async () => {
        await listener.accept();
        throw error;
      })();
      const conn = await client.dialTCP("10.0.0.1:80");
      await conn.read(new Uint8Array(1));
    });
    assertStrictEquals(rejected.error, error);
    assertMatch(rejected.printed, /tcp .* ESTABLISHED/);
    const thrown = await failing({ isolation }, async () => {
      setTimeout(() => {
        throw error;
      });
      await new Promise(() => {});
    });
    assertStrictEquals(thrown.error, error);
    const late = await failing({ isolation }, async (net) => {
      const stack = await net.stack("10.0.0.1");
      const accepting = stack.listenTCP("10.0.0.1:80").accept();
      void (async () => {
        await accepting.catch(() => {});
        throw error;
      })();
    });
    assertStrictEquals(late.error, error);
  });

  Deno.test(`what waits for a socket at the end is no failure (${isolation})`, async () => {
    await withInternet({ isolation }, async (net) => {
      const [server, client] = [await net.stack("10.0.0.1"), await net.stack("10.0.0.2")];
      const listener = server.listenTCP("10.0.0.1:80");
      const conn = await client.dialTCP("10.0.0.1:80");
      const accepted = await listener.accept();
      void listener.accept();
      void accepted.read(new Uint8Array(1));
      void conn.readable.pipeTo(new WritableStream());
      void client.dialTCP("10.0.0.3:80");
      void net.stack("10.0.0.4");
      void server.listenUDP("10.0.0.1:53").receive();
    });
    assertEquals(liveWorkers(), 0);
  });
}

Deno.test("an error of closing fails a test that passes", async () => {
  const error = new Error("of a close action");
  const failed = await failing({}, (net) => {
    net.internet.newVNIC(1500).onClose = () => {
      throw error;
    };
  });
  assertStrictEquals(failed.error, error);
});

Deno.test("a report says of each packet what became of it", async () => {
  const { printed } = await failing({ packets: 6 }, async (net) => {
    new LoneNIC(net, "10.0.0.2");
    await sendNumbers(net, 2);
    net.loss = 1;
    await sendNumbers(net, 1);
    net.filter = () => false;
    await sendNumbers(net, 1);
    [net.filter, net.loss, net.duplication] = [null, 0, 1];
    await sendNumbers(net, 1);
    await sendNumbers(net, 1, "10.0.0.1", "10.0.0.3");
    net.delay = 1000;
    await sendNumbers(net, 1);
    throw new Error();
  });
  const [heading, ...lines] = printed.split("\n").slice(3, 10);
  assertEquals(heading, "The last 6 of 7 packets, with the seconds since the first:");
  const udp = (host: number) => `IP 10.0.0.1.9 > 10.0.0.${host}.9: UDP, length 1`;
  assertEquals(lines.map((line) => line.slice(12)), [
    `           ${udp(2)}`,
    `lost       ${udp(2)}`,
    `filtered   ${udp(2)}`,
    `twice      ${udp(2)}`,
    `no taker   ${udp(3)}`,
    `under way  ${udp(2)}`,
  ]);
});

Deno.test("a report has the last forty lines, the pcap all packets that were kept", async () => {
  const { printed } = await failing({ packets: 100 }, async (net) => {
    await sendNumbers(net, 150);
    throw new Error();
  }, ({ pcap }) => {
    const { packets } = readPCAP(Deno.readFileSync(pcap!));
    assertEquals(packets.map(({ bytes }) => bytes[28]), Array.from({ length: 100 }, (_, i) => 50 + i));
  });
  assertStringIncludes(printed, "The last 40 of 150 packets");
  assertEquals(printed.split("\n").filter((line) => line.includes("UDP")).length, 40);
});

Deno.test("a report without packets says how many there were", async () => {
  const { printed } = await failing({ packets: 0 }, async (net) => {
    await sendNumbers(net, 3);
    throw new Error();
  });
  assertStringIncludes(printed, "\n\n3 packets were sent, of which none was kept.\n\n");
});

Deno.test("the pcap goes to the folder that is asked for", async () => {
  const parent = await Deno.makeTempDir();
  const folder = `${parent}/of/traces`;
  await failing({ pcap: folder }, async (net) => {
    await sendNumbers(net, 1);
    throw new Error();
  }, ({ pcap }) => assertEquals([...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`), [pcap]));
  const blocked = `${parent}/file`;
  await Deno.writeTextFile(blocked, "");
  const { printed } = await failing({ pcap: blocked }, async (net) => {
    await sendNumbers(net, 1);
    throw new Error();
  });
  assertMatch(printed, /^pcap: not written: .*File exists/m);
  await Deno.remove(parent, { recursive: true });
});

Deno.test("a host whose worker died says so in the report", async () => {
  using workers = new OtherWorkers(fixture("mortal_worker.ts"));
  const { error, printed } = await failing({}, async (net) => {
    const stack = await net.stack("10.0.0.1");
    workers.find("10.0.0.1").postMessage("die");
    await stack.closed;
  });
  assertStringIncludes(String(error), "told to die");
  assertMatch(printed, /^netstat of 10\.0\.0\.1\n {2}Error: The stack's worker died: .*told to die/m);
});

Deno.test("a host that does not answer holds no report up", async () => {
  const gate = new Gate();
  using _ = new OtherWorkers(fixture("gated_worker.ts"), { gate: gate.shared });
  const { printed } = await failing({}, async (net) => {
    await net.stack("10.0.0.1");
    gate.shut();
    throw new Error();
  });
  gate.open();
  assertStringIncludes(printed, "netstat of 10.0.0.1\n  no answer within 1000 ms");
  assertEquals(liveWorkers(), 0);
});

for (const isolation of ["worker", "inline"] as const) {
  Deno.test(`under fake time a test passes, fails and hangs as in real time (${isolation})`, async () => {
    using time = new FakeTime(0);
    await withInternet({ isolation, delay: 3, loss: 0.2, seed: 7 }, connected);
    const hung = await failing({ isolation, timeout: 300 }, () => new Promise(() => {}));
    assert(hung.error instanceof Deno.errors.TimedOut);
    const failed = await failing({ isolation }, async (net) => {
      await connected(net);
      throw new Error("as meant");
    }, ({ pcap }) => {
      const { packets: [{ timestamp }] } = readPCAP(Deno.readFileSync(pcap!));
      assert(timestamp > Date.UTC(2020), "packets are stamped with real time");
    });
    assertStringIncludes(failed.printed, "netstat of 10.0.0.2");
    assertEquals([time.now, liveWorkers()], [0, 0]);
  });
}

Deno.test("options that mean nothing are refused before anything starts", async () => {
  const refused: [WithInternetOptions, new () => Error, string][] = [
    [{ seed: 0.5 }, RangeError, "Cannot use seed 0.5: must be an integer"],
    [{ packets: -1 }, RangeError, "Cannot keep -1 packets: must be an integer of at least 0"],
    [{ timeout: 0 }, RangeError, "Cannot use timeout 0: must be milliseconds above 0"],
    [{ loss: 2 }, RangeError, "Cannot set loss to 2: must be a probability, 0 to 1"],
    [{ isolation: "process" as "inline" }, TypeError, 'isolation "process" must be "worker" or "inline"'],
  ];
  for (const [options, type, message] of refused) {
    await assertRejects(() => withInternet(options, () => assert(false)), type, message);
  }
  await withInternet({ timeout: Infinity, seed: -1 }, (net) => assertEquals(net.seed, -1));
});

Deno.test("without a body it says what is missing", async () => {
  const call = withInternet as unknown as (...args: unknown[]) => Promise<void>;
  for (const args of [[], [{}], [{}, 7], [7, () => {}], [null, () => {}]]) {
    await assertRejects(() => call(...args), TypeError, "Cannot run a test: ");
  }
});

Deno.test("stack() takes addresses or options", async () => {
  await withInternet({ isolation: "inline" }, async (net) => {
    const wide = await net.stack({ addresses: ["10.0.0.1"], mtu: 9000 });
    const other = await net.stack("10.0.0.2", "2001:db8::2");
    assertEquals(net.internet.stacks, [wide, other]);
    const sizes = [9000, 9001].map((length) => {
      const packet = new Uint8Array(length);
      packet.set(numbered(0, "10.0.0.9", "10.0.0.1"));
      return net.internet.deliver({ packet });
    });
    assertEquals(sizes, [true, false]);
    await other.close();
    assertEquals(net.internet.stacks, [wide]);
  });
});
