// N5 and N6: about what errors are sent, what they quote, and what is made of those that come (RFC 792, RFC 1122 §3.2.2, RFC 4443).
// Some packets here are malformed on purpose.
import { assertEquals } from "@std/assert";
import { ADDRESSES } from "../../harness/flow.ts";
import { cut, fragmentOf } from "../../harness/fragments.ts";
import { datagram, LoneHost, toHost, withExtensions } from "../../harness/lone_host.ts";
import type { ICMPMessage } from "../../harness/packets.ts";
import { scenario } from "../../harness/script.ts";

const FAMILIES = [4, 6] as const;
const ROW = { 4: "N5", 6: "N6" };
const DESTINATION_OPTIONS = 60;
/** An option that asks for a report. */
const REPORTED = [0, 0, 0x9e, 0, 1, 2, 0, 0];
const PADDING = [0, 0, 1, 4, 0, 0, 0, 0];

function error(family: 4 | 6, quoted: Uint8Array): ICMPMessage {
  return { kind: "icmp", type: family === 4 ? 3 : 1, code: family === 4 ? 3 : 4, rest: 0, payload: quoted };
}

for (const family of FAMILIES) {
  Deno.test(`${ROW[family]} a report fits the MTU`, () => {
    const mtu = family === 4 ? 68 : 1280;
    const host = new LoneHost({ mtu });
    const [report] = host.receive(toHost(family, datagram(2000)));
    assertEquals(report.length, mtu);
  });

  Deno.test(`${ROW[family]} a report about a datagram from fragments reaches the socket`, () => {
    const host = new LoneHost();
    const to = { address: ADDRESSES[family].peer, port: 9 };
    host.engine.connectDatagram(0, 1, 7, to);
    host.engine.send(0, 1, new Uint8Array(3000), to);
    const [first, second] = host.sent();
    host.receive(toHost(family, error(family, second.subarray(0, 100))));
    assertEquals(host.events.filter(({ kind }) => kind === "failed"), [], "no ports in it");
    host.receive(toHost(family, error(family, first.subarray(0, 100))));
    assertEquals(host.events.filter(({ kind }) => kind === "failed"), [{ kind: "failed", id: 1, reason: "refused" }]);
  });

  Deno.test(`${ROW[family]} a report about what another host has sent is dropped`, () => {
    const host = new LoneHost();
    const to = { address: ADDRESSES[family].peer, port: 9 };
    host.engine.connectDatagram(0, 1, 7, to);
    host.engine.send(0, 1, new Uint8Array(30), to);
    const [sent] = host.sent();
    sent[family === 4 ? 15 : 23] ^= 0x40;
    assertEquals(host.receive(toHost(family, error(family, sent))), []);
    assertEquals(host.events.filter(({ kind }) => kind === "failed"), []);
    assertEquals(host.dropped, { malformed: 1 });
  });
}

Deno.test("N6 a report may quote extension headers", () => {
  const host = new LoneHost();
  const to = { address: ADDRESSES[6].peer, port: 9 };
  host.engine.connectDatagram(0, 1, 7, to);
  host.engine.send(0, 1, new Uint8Array(30), to);
  const [sent] = host.sent();
  const longer = withExtensions(sent, [[0, PADDING], [DESTINATION_OPTIONS, PADDING]]);
  host.receive(toHost(6, error(6, longer.subarray(0, 63))));
  assertEquals(host.dropped, { malformed: 1 });
  host.receive(toHost(6, error(6, longer.subarray(0, 64))));
  assertEquals(host.events.filter(({ kind }) => kind === "failed").length, 1);
});

Deno.test("N6 never about an error or a redirect, whatever stands before it", () => {
  for (const [type, answers] of [[1, 0], [2, 0], [3, 0], [4, 0], [127, 0], [137, 0], [128, 1], [129, 1], [200, 1]]) {
    const host = new LoneHost();
    const whole = toHost(6, { kind: "icmp", type, code: 0, rest: 0, payload: new Uint8Array(100) });
    const packet = withExtensions(whole, [[DESTINATION_OPTIONS, REPORTED]]);
    assertEquals(host.receive(packet).length, answers, `type ${type}`);
  }
});

Deno.test("N6 a fragment that must be reported is, unless an error is in it", () => {
  const host = new LoneHost();
  const whole = toHost(6, { kind: "icmp", type: 1, code: 0, rest: 0, payload: new Uint8Array(100) });
  assertEquals(host.receive(fragmentOf(whole, { from: 0, to: 41, more: true })), []);
});

Deno.test("N5 never about an error, whatever is wrong with its header", () => {
  for (const [type, answers] of [[3, 0], [4, 0], [5, 0], [11, 0], [12, 0], [8, 1], [0, 1], [13, 1]]) {
    const host = new LoneHost();
    const message: ICMPMessage = { kind: "icmp", type, code: 0, rest: 0, payload: new Uint8Array(60) };
    assertEquals(host.receive(withOptions(toHost(4, message), [7, 99, 4, 0])).length, answers, `type ${type}`);
  }
});

const OPTIONS: [
  what: string,
  options: number[],
  answer: "delivered" | [type: number, code: number, pointer: number],
][] = [
  ["an option without a length", [1, 1, 1, 7], [12, 0, 23]],
  ["an option of length 0", [7, 0, 0, 0], [12, 0, 20]],
  ["an option of length 1", [1, 7, 1, 0], [12, 0, 21]],
  ["an option that goes on after the header", [1, 7, 4, 0], [12, 0, 21]],
  ["an option that fills the header", [7, 4, 5, 0], "delivered"],
  ["anything after the end", [0, 7, 99, 99], "delivered"],
  ["a source route that is too short", [131, 2, 0, 0], [12, 0, 20]],
  ["a source route that leads on", [131, 7, 4, 10, 0, 0, 9, 0], [3, 5, 0]],
  ["a strict one", [1, 137, 7, 4, 10, 0, 0, 9], [3, 5, 0]],
  ["a source route at its end", [131, 7, 8, 10, 0, 0, 9, 0], "delivered"],
];
for (const [what, options, answer] of OPTIONS) {
  Deno.test(`N5 IPv4 options: ${what}`, () => {
    const host = new LoneHost();
    host.bind(1, 7);
    const packet = withOptions(toHost(4, datagram(50)), options);
    const messages = host.messages(host.receive(packet));
    const answers = messages.map(({ type, code, rest }) => [type, code, rest >>> 24]);
    assertEquals(answers, Array.isArray(answer) ? [answer] : []);
    assertEquals(host.datagrams(1).length, answer === "delivered" ? 1 : 0);
  });
}

Deno.test("N5 never about a fragment other than the first, whatever is wrong with its header", () => {
  const host = new LoneHost();
  const [first, second] = cut(toHost(4, datagram(50)), 40);
  assertEquals(host.receive(withOptions(second, [7, 99, 4, 0])), []);
  assertEquals(host.receive(withOptions(first, [7, 99, 4, 0])).length, 1);
});

for (const source of ["240.0.0.1", "255.255.255.254"]) {
  scenario(`N5 never to ${source}, which is no host`, `< udp 10 dport 9 src ${source}\ndropped noSocket\nquiet`, {
    only: 4,
  });
}

/** A packet whose header has options; its checksum is right. */
function withOptions(whole: Uint8Array, options: number[]): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from([...whole.subarray(0, 20), ...options, ...whole.subarray(20)]);
  bytes[0] = 0x45 + options.length / 4;
  const view = new DataView(bytes.buffer);
  view.setUint16(2, bytes.length);
  view.setUint16(10, 0);
  let sum = 0;
  for (let at = 0; at < 20 + options.length; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(10, ~sum);
  return bytes;
}
