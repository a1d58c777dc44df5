// What a program may say about a stack, and what it is told when it says nonsense.
import { assertEquals, assertThrows } from "@std/assert";
import { type TCPOptions, tcpSettings } from "../../stack/engine/config.ts";
import { stackConfig, type StackOptions } from "../../stack/options.ts";

const NONSENSE: [options: Record<string, unknown>, type: typeof RangeError | typeof TypeError, says: string][] = [
  [{ limits: { connections: 0 } }, RangeError, "Option limits.connections is 0: must be at least 1"],
  [{ limits: { connections: 1.5 } }, RangeError, "Option limits.connections is 1.5: must be an integer"],
  [{ limits: { connections: NaN } }, RangeError, "Option limits.connections is NaN"],
  [{ limits: { backlog: 0 } }, RangeError, "Option limits.backlog is 0"],
  [{ limits: { synQueue: -1 } }, RangeError, "Option limits.synQueue is -1: must be at least 0"],
  [{ limits: { receiveMemory: -1 } }, RangeError, "Option limits.receiveMemory is -1"],
  [{ limits: { sendMemory: 0.5 } }, RangeError, "Option limits.sendMemory is 0.5"],
  [{ limits: { icmpRate: -0.1 } }, RangeError, "Option limits.icmpRate is -0.1"],
  [{ limits: { udpQueue: -Infinity } }, RangeError, "Option limits.udpQueue is -Infinity"],
  [{ limits: { reassembly: NaN } }, RangeError, "Option limits.reassembly is NaN"],
  [{ limits: { reassembly: "4 MiB" } }, TypeError, 'Option limits.reassembly is "4 MiB": must be a number'],
  [
    { limits: { ephemeralPorts: [0, 10] } },
    RangeError,
    "Option limits.ephemeralPorts[0] is 0: must be from 1 to 65535",
  ],
  [{ limits: { ephemeralPorts: [1, 65536] } }, RangeError, "Option limits.ephemeralPorts[1] is 65536"],
  [{ limits: { ephemeralPorts: [2, 1] } }, RangeError, "Option limits.ephemeralPorts is [ 2, 1 ]"],
  [{ limits: { ephemeralPorts: [1] } }, TypeError, "Option limits.ephemeralPorts is [ 1 ]: must be two ports"],
  [{ limits: { conections: 5 } }, TypeError, "Option limits.conections does not exist: must be one of connections, "],
  [{ limits: 5 }, TypeError, "Option limits is 5: must be an object"],
  [{ limits: null }, TypeError, "Option limits is null: must be an object"],
  [{ tcp: { congestion: "reno" } }, TypeError, 'Option tcp.congestion is "reno": must be "cubic" or "newreno"'],
  [{ tcp: { sack: 1 } }, TypeError, "Option tcp.sack is 1: must be true or false"],
  [{ tcp: { userTimeout: 0 } }, RangeError, "Option tcp.userTimeout is 0"],
  [{ tcp: { initialWindow: 0 } }, RangeError, "Option tcp.initialWindow is 0: must be from 1 to 1000"],
  [{ tcp: { delayedAck: 501 } }, RangeError, "Option tcp.delayedAck is 501: must be from 0 to 500"],
  [{ tcp: { minRto: Infinity } }, RangeError, "Option tcp.minRto is Infinity: must be from 0 to 120000"],
  [{ tcp: { synRetries: 256 } }, RangeError, "Option tcp.synRetries is 256"],
  [{ tcp: { retries: 1.5 } }, RangeError, "Option tcp.retries is 1.5"],
  [{ tcp: { timeWait: -1 } }, RangeError, "Option tcp.timeWait is -1"],
  [{ tcp: { keepAlive: { idle: 0 } } }, RangeError, "Option tcp.keepAlive.idle is 0"],
  [{ tcp: { keepAlive: { idle: 1, interval: 1, count: 0 } } }, RangeError, "Option tcp.keepAlive.count is 0"],
  [{ tcp: { keepAlive: true } }, TypeError, "Option tcp.keepAlive is true: must be an object"],
  [{ tcp: { sendBuffer: { max: 0 } } }, RangeError, "Option tcp.sendBuffer.max is 0"],
  [{ tcp: { receiveBuffer: { max: 2 ** 31 } } }, RangeError, "Option tcp.receiveBuffer.max is 2147483648"],
];

for (const [options, type, says] of NONSENSE) {
  Deno.test(`options: ${says}`, () => {
    const nonsense = { addresses: ["10.0.0.1"], ...options } as StackOptions;
    assertThrows(() => stackConfig(nonsense, 1500), type, says);
  });
}

Deno.test("options: what has a meaning is taken", () => {
  const least = { connections: 1, backlog: 1, synQueue: 0, receiveMemory: 0, sendMemory: 0, icmpRate: 0, udpQueue: 0 };
  const most = { connections: Infinity, reassembly: Infinity, icmpRate: Infinity, ephemeralPorts: [1, 65535] as const };
  for (const limits of [least, most, { reassembly: 0, backlog: undefined }, {}, undefined]) {
    stackConfig({ addresses: ["10.0.0.1"], limits }, 1500);
  }
  const tcp = { delayedAck: 0, minRto: 0, synRetries: 0, retries: 0, timeWait: 0, sendBuffer: { max: 1 } };
  stackConfig({ addresses: ["10.0.0.1"], tcp }, 1500);
});

Deno.test("options: what is undefined has its default, in keepAlive too", () => {
  const tcp = { keepAlive: { idle: 1000, interval: undefined, count: undefined } } as unknown as TCPOptions;
  stackConfig({ addresses: ["10.0.0.1"], tcp }, 1500);
  assertEquals(tcpSettings(tcp).keepAlive, { on: true, idle: 1000, interval: 75_000, count: 9 });
  assertEquals(tcpSettings().keepAlive, { on: false, idle: 7_200_000, interval: 75_000, count: 9 });
});

Deno.test("options are the stack's own from the call on", () => {
  const limits = { ephemeralPorts: [50_000, 50_010] as [number, number] };
  const tcp = { timeWait: 1000, keepAlive: { idle: 1000, interval: 1000, count: 3 } };
  const expected: unknown = structuredClone({ limits, tcp });
  const config = stackConfig({ addresses: ["10.0.0.1"], limits, tcp }, 1500);
  limits.ephemeralPorts[0] = 1;
  tcp.timeWait = -1;
  tcp.keepAlive.idle = -1;
  assertEquals<unknown>({ limits: config.limits, tcp: config.tcp }, expected);
});
