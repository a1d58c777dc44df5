// What a connection remembers of its sequence numbers must not come round again after 2^31 bytes.
import { assertEquals } from "@std/assert";
import { Address } from "../../stack/engine/address.ts";
import { stackLimits, type TCPOptions, tcpSettings } from "../../stack/engine/config.ts";
import { Counters } from "../../stack/engine/counters.ts";
import { Deque } from "../../stack/engine/deque.ts";
import { IPOutput } from "../../stack/engine/ip_output.ts";
import { LocalAddresses } from "../../stack/engine/local_addresses.ts";
import { add } from "../../stack/engine/seq.ts";
import type { Connection } from "../../stack/engine/tcp/connection.ts";
import { takeEcho } from "../../stack/engine/tcp/ecn.ts";
import { type Acknowledgment, recover } from "../../stack/engine/tcp/recovery.ts";
import { Segment } from "../../stack/engine/tcp/segment.ts";
import { TCP } from "../../stack/engine/tcp/tcp.ts";
import { ACK, ECE } from "../../stack/wire/tcp.ts";
import { seeded } from "../harness/seeded.ts";

/** Bytes that a largest window lets out at a time. */
const MUCH = 2 ** 30 - 1;
const NOTHING_NEW = {
  acked: 0,
  delivered: 0,
  duplicate: false,
  duplicateReported: false,
  congested: false,
  inFlight: 0,
  echoed: NaN,
};

function dialled(options: TCPOptions): Connection {
  const random = seeded(1);
  const counters = new Counters();
  const local = new LocalAddresses(["10.0.0.1"]);
  const output = new IPOutput(local, 1500, random, counters);
  const tcp = new TCP({
    output,
    local,
    counters,
    events: new Deque(),
    random,
    settings: tcpSettings(options),
    limits: stackLimits(),
  });
  tcp.connect(0, 1, 5000, Address.parse("10.0.0.2")!, 80);
  return tcp.get(1)!;
}

function echo(c: Connection, flags: number): boolean {
  const segment = new Segment(new DataView(new ArrayBuffer(0)));
  segment.flags = flags;
  const { ssthresh } = c.congestion;
  takeEcho(c, segment, 10 * c.mss, 0);
  return c.congestion.ssthresh < ssthresh;
}

function hear(c: Connection, news: Partial<Acknowledgment>): void {
  c.rack.startAcknowledgment(c.sndUna);
  recover(c, { ...NOTHING_NEW, ack: c.sndUna, ...news }, 0);
}

/** `bytes` are sent and acknowledged. */
function transfer(c: Connection, bytes: number): void {
  for (let left = bytes; left > 0; left -= MUCH) {
    const acked = Math.min(left, MUCH);
    c.sndNxt = add(c.sndNxt, acked);
    c.sndUna = c.sndNxt;
    echo(c, ACK);
    hear(c, { acked, delivered: acked });
  }
}

for (const bytes of [10_000, 2 ** 31 + 10_000, 2 ** 32 + 10_000]) {
  Deno.test(`without SACK the third duplicate acknowledgement makes a loss, after ${bytes} bytes`, () => {
    const c = dialled({ sack: false });
    transfer(c, bytes);
    for (let i = 0; i < 5; i++) {
      const start = c.sndNxt;
      c.sndNxt = add(start, c.mss);
      c.sent.push(start, c.sndNxt, false, false, 0);
    }
    const lost = [1, 2, 3].map(() => {
      hear(c, { duplicate: true });
      return c.sent.lostBytes;
    });
    assertEquals(lost, [0, 0, c.mss]);
  });

  Deno.test(`the echo of a mark slows a sender down, after ${bytes} bytes`, () => {
    const c = dialled({ ecn: true });
    transfer(c, bytes);
    assertEquals(echo(c, ACK | ECE), true);
  });

  Deno.test(`a D-SACK widens the reordering window, ${bytes} bytes after the last one`, () => {
    const c = dialled({});
    c.rack.minRtt = 40;
    c.rtt.sample(40);
    const widths = [1, 2].map(() => {
      c.sndNxt = add(c.sndUna, c.mss);
      hear(c, { duplicateReported: true });
      transfer(c, bytes);
      return c.rack.reorderingWindow(c);
    });
    assertEquals(widths, [20, 30]);
  });
}
