// N2: the chain of IPv6 extension headers (RFC 8200 §4, RFC 5095, RFC 8504 §5.3).
// Some packets here are malformed on purpose.
import { assertEquals } from "@std/assert";
import { cut } from "../../harness/fragments.ts";
import { datagram, LoneHost, toHost, withExtensions } from "../../harness/lone_host.ts";

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION = 60;
const NEXT = 0;

/** An options header: the options, filled up with padding. */
function options(...bytes: number[]): number[] {
  const rest = (8 - (2 + bytes.length) % 8) % 8;
  const padding = rest === 0 ? [] : rest === 1 ? [0] : [1, rest - 2, ...new Array(rest - 2).fill(0)];
  return [NEXT, (2 + bytes.length + rest) / 8 - 1, ...bytes, ...padding];
}

const ROUTE = (type: number, left: number) => [NEXT, 2, type, left, ...new Array(20).fill(0)];
const ATOMIC = [NEXT, 0, 0, 0, 0, 0, 0, 9];

type Headers = [kind: number, bytes: number[]][];

/** What the chain comes to: delivered, silence, or a parameter problem with this code and pointer. */
const CHAINS: [what: string, headers: Headers, answer: "delivered" | "silence" | [code: number, pointer: number]][] = [
  ["hop-by-hop options", [[HOP_BY_HOP, options()]], "delivered"],
  ["destination options", [[DESTINATION, options()]], "delivered"],
  ["an atomic fragment", [[FRAGMENT, ATOMIC]], "delivered"],
  ["two atomic fragments", [[FRAGMENT, ATOMIC], [FRAGMENT, ATOMIC]], "silence"],
  ["all in the order recommended", [
    [HOP_BY_HOP, options()],
    [DESTINATION, options()],
    [ROUTING, ROUTE(0, 0)],
    [FRAGMENT, ATOMIC],
    [DESTINATION, options()],
  ], "delivered"],
  [
    "destination options thrice",
    [[DESTINATION, options()], [DESTINATION, options()], [DESTINATION, options()]],
    "delivered",
  ],
  ["eight headers", new Array(8).fill([DESTINATION, options()]), "delivered"],
  ["nine headers", new Array(9).fill([DESTINATION, options()]), "silence"],
  ["hop-by-hop options twice", [[HOP_BY_HOP, options()], [HOP_BY_HOP, options()]], [1, 40]],
  ["hop-by-hop options after others", [[DESTINATION, options()], [HOP_BY_HOP, options()]], [1, 40]],
  ["hop-by-hop options in a fragment", [[FRAGMENT, ATOMIC], [HOP_BY_HOP, options()]], [1, 40]],
  ["routing type 0 with segments left", [[ROUTING, ROUTE(0, 1)]], [0, 42]],
  ["routing type 4 with segments left", [[DESTINATION, options()], [ROUTING, ROUTE(4, 255)]], [0, 50]],
  ["routing type 0 that is done", [[ROUTING, ROUTE(0, 0)]], "delivered"],
  ["an unknown routing type that is done", [[ROUTING, ROUTE(99, 0)]], "delivered"],
  ["padding of all sizes", [[DESTINATION, options(0, 0, 1, 0, 1, 1, 0, 1, 5, 1, 2, 3, 4, 5)]], "delivered"],
  ["an unknown option to skip", [[DESTINATION, options(0x1e, 2, 1, 2)]], "delivered"],
  ["an unknown option to skip, hop by hop", [[HOP_BY_HOP, options(0x3e, 0)]], "delivered"],
  ["an unknown option to discard for", [[DESTINATION, options(0x5e, 2, 1, 2)]], "silence"],
  ["an unknown option to report", [[DESTINATION, options(0x9e, 0)]], [2, 42]],
  ["one to report, if it was not multicast", [[DESTINATION, options(0xde, 0)]], [2, 42]],
  ["one to report after others", [[HOP_BY_HOP, options(5, 2, 0, 0)], [DESTINATION, options(0, 1, 1, 0, 0x9e, 0)]], [
    2,
    54,
  ]],
  ["eight options", [[DESTINATION, options(...new Array(8).fill([0x1e, 0]).flat())]], "delivered"],
  ["nine options", [[DESTINATION, options(...new Array(9).fill([0x1e, 0]).flat())]], "silence"],
  ["an option that goes on after its header", [[DESTINATION, [NEXT, 0, 0x1e, 5, 0, 0, 0, 0]]], "silence"],
  ["an option without a length", [[DESTINATION, [NEXT, 0, 0, 0, 0, 0, 0, 0x1e]]], "silence"],
  ["a header longer than the packet", [[DESTINATION, [NEXT, 255, 1, 4, 0, 0, 0, 0]]], "silence"],
];

for (const [what, headers, answer] of CHAINS) {
  Deno.test(`N2 ${what}: ${Array.isArray(answer) ? `code ${answer[0]}, pointer ${answer[1]}` : answer}`, () => {
    const host = new LoneHost();
    host.bind(1, 7);
    const packet = withExtensions(toHost(6, datagram(50)), headers);
    const messages = host.messages(host.receive(packet));
    assertEquals(host.datagrams(1).length, answer === "delivered" ? 1 : 0);
    const answers = messages.map(({ type, code, rest }) => [type, code, rest]);
    assertEquals(answers, Array.isArray(answer) ? [[4, ...answer]] : []);
    if (messages.length > 0) assertEquals(messages[0].payload, packet);
    const dropped = Object.values(host.dropped).reduce((sum, count) => sum + count, 0);
    assertEquals(dropped, answer === "delivered" ? 0 : 1);
  });
}

Deno.test("N2 an unknown next header is reported where it stands", () => {
  const whole = toHost(6, { kind: "other", protocol: 99, payload: new Uint8Array(20) });
  const cases: [Headers, number][] = [
    [[], 6],
    [[[DESTINATION, options()]], 40],
    [[[HOP_BY_HOP, options(...new Array(20).fill(0))], [DESTINATION, options()]], 64],
    [[[FRAGMENT, ATOMIC]], 40],
  ];
  for (const [headers, pointer] of cases) {
    const host = new LoneHost();
    const [message] = host.messages(host.receive(withExtensions(whole, headers)));
    assertEquals([message.type, message.code, message.rest], [4, 1, pointer]);
    assertEquals(host.dropped, { unknownProtocol: 1 });
  }
});

Deno.test("N2 nothing follows, also after extension headers", () => {
  const host = new LoneHost();
  const whole = toHost(6, { kind: "other", protocol: 59, payload: new Uint8Array(20) });
  assertEquals(host.receive(withExtensions(whole, [[DESTINATION, options()]])), []);
});

Deno.test("N2 a header that is cut off is dropped", () => {
  for (const length of [0, 1, 7]) {
    const host = new LoneHost();
    const packet = toHost(6, { kind: "other", protocol: DESTINATION, payload: new Uint8Array(length) });
    assertEquals(host.receive(packet), []);
    assertEquals(host.dropped, { malformed: 1 });
  }
});

Deno.test("N2 fragments keep the headers before them, and have headers after them", () => {
  const host = new LoneHost();
  host.bind(1, 7);
  const before: Headers = [[HOP_BY_HOP, options()], [DESTINATION, options()], [ROUTING, ROUTE(0, 0)]];
  const whole = withExtensions(toHost(6, datagram(100)), [...before, [DESTINATION, options(...new Array(20).fill(0))]]);
  host.receive(...cut(whole, 40, 7, 40).toReversed());
  assertEquals(host.datagrams(1).length, 1);
  assertEquals(host.dropped, {});
});

Deno.test("N2 hop-by-hop options in fragments do not come first when these are put together", () => {
  const host = new LoneHost();
  host.bind(1, 7);
  const whole = withExtensions(toHost(6, datagram(100)), [[HOP_BY_HOP, options()]]);
  const [first, ...others] = cut(whole, 40);
  const [message] = host.messages(host.receive(...others.toReversed(), first));
  assertEquals([message.type, message.code, message.rest], [4, 1, 40]);
  assertEquals(message.payload, first);
  assertEquals(host.datagrams(1), []);
  assertEquals(host.dropped, { extensionHeader: 1 });
});

Deno.test("N2 a datagram put together must not be a fragment again", () => {
  const host = new LoneHost();
  host.bind(1, 7);
  const nested = withExtensions(toHost(6, datagram(100)), [[FRAGMENT, [NEXT, 0, 0, 1, 0, 0, 0, 9]]]);
  assertEquals(host.receive(...cut(nested, 40)), []);
  assertEquals(host.datagrams(1), []);
  assertEquals(host.dropped, { malformed: 1 });
  assertEquals(host.engine.holdings().reassembly, 0);
});

Deno.test("N2 an option to report in a datagram put together is reported with its place in that", () => {
  const host = new LoneHost();
  const whole = withExtensions(toHost(6, datagram(100)), [[DESTINATION, options(0x9e, 0)]]);
  const [message] = host.messages(host.receive(...cut(whole, 40)));
  assertEquals([message.type, message.code, message.rest], [4, 2, 42]);
  assertEquals(message.payload, whole);
});
