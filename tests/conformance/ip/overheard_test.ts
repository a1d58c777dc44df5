// N5 and N6: every error that comes can be overheard, with its name, whether a socket was its cause or not.
// Some packets here are malformed on purpose.
import { assertEquals } from "@std/assert";
import type { ICMPReport } from "../../../stack/engine/engine.ts";
import { ADDRESSES } from "../../harness/flow.ts";
import { datagram, LoneHost, toHost } from "../../harness/lone_host.ts";

const FAMILIES = [4, 6] as const;
const ROW = { 4: "N5", 6: "N6" };
const ROUTER = { 4: "10.0.0.254", 6: "2001:db8::fe" };

type Meaning = [type: number, code: number, kind: ICMPReport["kind"], more?: { mtu: number } | { pointer: number }];

const POINTER = { pointer: 9 };

/** RFC 792, RFC 1122 §3.2.2, RFC 1812 §5.2.7.1; RFC 4443 §3. */
const ERRORS: Record<4 | 6, Meaning[]> = {
  4: [
    [3, 0, "network-unreachable"],
    [3, 1, "host-unreachable"],
    [3, 2, "protocol-unreachable"],
    [3, 3, "port-unreachable"],
    [3, 4, "packet-too-big", { mtu: 1280 }],
    [3, 4, "packet-too-big", { mtu: 0 }],
    [3, 5, "other"],
    [3, 6, "network-unreachable"],
    [3, 7, "host-unreachable"],
    [3, 8, "host-unreachable"],
    [3, 9, "admin-prohibited"],
    [3, 10, "admin-prohibited"],
    [3, 11, "network-unreachable"],
    [3, 12, "host-unreachable"],
    [3, 13, "admin-prohibited"],
    [3, 14, "other"],
    [3, 255, "other"],
    [4, 0, "other"],
    [5, 1, "other"],
    [11, 0, "time-exceeded"],
    [11, 1, "reassembly-time-exceeded"],
    [12, 0, "parameter-problem", POINTER],
    [12, 2, "parameter-problem", POINTER],
  ],
  6: [
    [1, 0, "network-unreachable"],
    [1, 1, "admin-prohibited"],
    [1, 2, "other"],
    [1, 3, "host-unreachable"],
    [1, 4, "port-unreachable"],
    [1, 5, "admin-prohibited"],
    [1, 6, "admin-prohibited"],
    [1, 7, "other"],
    [2, 0, "packet-too-big", { mtu: 1400 }],
    [3, 0, "time-exceeded"],
    [3, 1, "reassembly-time-exceeded"],
    [4, 0, "parameter-problem", POINTER],
    [4, 1, "protocol-unreachable", POINTER],
    [4, 2, "parameter-problem", POINTER],
    [4, 3, "parameter-problem", POINTER],
    [5, 0, "other"],
    [127, 9, "other"],
  ],
};

const SILENT: Record<4 | 6, number[]> = { 4: [0, 1, 8, 9, 13, 255], 6: [128, 129, 133, 137, 255] };

function overhearing(): LoneHost {
  const host = new LoneHost();
  host.engine.overhearICMP(0, true);
  return host;
}

function reports(host: LoneHost): ICMPReport[] {
  const all: ICMPReport[] = [];
  for (let report = host.engine.pollReport(); report; report = host.engine.pollReport()) all.push(report);
  return all;
}

for (const family of FAMILIES) {
  const { host: own } = ADDRESSES[family];
  const quoted = toHost(family, datagram(30), { source: own, destination: ADDRESSES[family].peer });

  /** An error with a quote, from a router. */
  const error = (type: number, code: number, rest = 0, payload: Uint8Array = quoted) =>
    toHost(family, { kind: "icmp", type, code, rest, payload }, { source: ROUTER[family] });

  for (const [type, code, kind, more] of ERRORS[family]) {
    const word = more && ("mtu" in more ? more.mtu : family === 4 ? more.pointer * 0x100_0000 : more.pointer);
    Deno.test(`${ROW[family]} overheard: type ${type}, code ${code} is ${kind} ${Deno.inspect(more ?? "")}`, () => {
      const host = overhearing();
      assertEquals(host.receive(error(type, code, word)), []);
      assertEquals(reports(host), [{ from: ROUTER[family], type, code, kind, ...more, packet: quoted }]);
      assertEquals(host.events, []);
    });
  }

  Deno.test(`${ROW[family]} overheard: what quotes too little, or what this host did not send`, () => {
    const host = overhearing();
    const [type, code] = family === 4 ? [3, 1] : [1, 3];
    const foreign = toHost(family, datagram(30));
    host.receive(error(type, code, 0, quoted.subarray(0, 5)), error(type, code, 0, foreign));
    assertEquals(reports(host).map(({ packet }) => packet), [quoted.slice(0, 5), foreign]);
    assertEquals(host.dropped, { malformed: 2 });
  });

  Deno.test(`${ROW[family]} not overheard: messages that are no errors, damaged ones, and while nobody listens`, () => {
    const host = overhearing();
    for (const type of SILENT[family]) host.receive(error(type, 0));
    const damaged = error(family === 4 ? 3 : 1, 1);
    damaged[damaged.length - 1] ^= 1;
    host.receive(damaged);
    assertEquals(reports(host), []);
    host.engine.overhearICMP(0, false);
    host.receive(error(family === 4 ? 3 : 1, 1));
    assertEquals(reports(host), []);
    host.engine.overhearICMP(0, true);
    assertEquals(reports(host), []);
  });

  Deno.test(`${ROW[family]} overheard: a host's reports to itself`, () => {
    const host = overhearing();
    const to = { address: own, port: 9 };
    host.engine.connectDatagram(0, 1, 7, to);
    host.engine.send(0, 1, new Uint8Array(3), to);
    assertEquals(host.sent(), []);
    assertEquals(reports(host).map(({ from, kind }) => [from, kind]), [[own, "port-unreachable"]]);
  });

  Deno.test(`${ROW[family]} overheard: also what a socket hears`, () => {
    const host = overhearing();
    const to = { address: ADDRESSES[family].peer, port: 9 };
    host.engine.connectDatagram(0, 1, 7, to);
    host.engine.send(0, 1, new Uint8Array(3), to);
    const [sent] = host.sent();
    const [type, code] = family === 4 ? [3, 3] : [1, 4];
    host.receive(error(type, code, 0, sent));
    assertEquals(reports(host).length, 1);
    assertEquals(host.events.filter(({ kind }) => kind === "failed").length, 1);
  });
}
