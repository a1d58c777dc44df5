// The judge of answers: what it must let pass, and what it must see.
import { assertEquals, assertThrows } from "@std/assert";
import { ADDRESSES } from "../harness/flow.ts";
import { buildPacket, type Transport } from "../harness/packets.ts";
import { Answers } from "./answers.ts";
import type { Family } from "./places.ts";
import { Violation } from "./violation.ts";

function packet(source: string, destination: string, transport: Transport): Uint8Array<ArrayBuffer> {
  return buildPacket({ source, destination, ttl: 64, identification: 1, dontFragment: true, transport });
}

/** By family, an ICMP message of one of two types. */
function icmp(types: Record<Family, number>) {
  const payload = new Uint8Array(60);
  return (family: Family): Transport => ({ kind: "icmp", type: types[family], code: 0, rest: 0, payload });
}

function segment(flags: string) {
  return (): Transport => {
    const numbers = { sourcePort: 7, destinationPort: 7, seq: 1, ack: 1, window: 0, urgent: 0 };
    return { kind: "tcp", flags, options: [], payload: new Uint8Array(), ...numbers };
  };
}

const ECHO = icmp({ 4: 8, 6: 128 });
const REPLY = icmp({ 4: 0, 6: 129 });
const REPORT = icmp({ 4: 3, 6: 1 });
const OTHER = icmp({ 4: 13, 6: 200 });

type OfFamily = (family: Family) => Transport;

const PAIRS: [what: string, cause: OfFamily, answer: OfFamily, violation?: string][] = [
  ["a reply to a request", ECHO, REPLY],
  ["a reply to a reply", REPLY, REPLY, "an echo reply in answer to what asks for none"],
  ["a reply to a report", REPORT, REPLY, "an echo reply in answer to what asks for none"],
  ["a reply to another message", OTHER, REPLY, "an echo reply in answer to what asks for none"],
  ["a reply to a segment", segment("S"), REPLY, "an echo reply in answer to what asks for none"],
  ["a report about a reply", REPLY, REPORT],
  ["a report about a report", REPORT, REPORT, "an ICMP error in answer to an ICMP error"],
  ["RST to a segment", segment("S"), segment("R.")],
  ["RST to RST", segment("R"), segment("R."), "RST in answer to RST"],
];

for (const family of [4, 6] as const) {
  const { host, peer } = ADDRESSES[family];
  for (const [what, cause, answer, violation] of PAIRS) {
    Deno.test(`answers: ${what} ${violation ? "is seen" : "passes"} (IPv${family})`, () => {
      const answers = new Answers();
      answers.begin();
      const received = packet(peer, host, cause(family));
      answers.cause(received, new DataView(received.buffer), received.length, false);
      const sent = packet(host, peer, answer(family));
      const note = () => answers.note(sent, new DataView(sent.buffer));
      if (violation) {
        assertEquals(assertThrows(note, Violation, violation).kind, "answer");
      } else note();
    });
  }
}
