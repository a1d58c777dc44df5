/**
 * The attacks, each a source of packets. All is IPv4.
 *
 * @module
 */
import type { StackLimits } from "../../stack/engine/config.ts";
import { DESTINATION_UNREACHABLE, ECHO_REQUEST } from "../../stack/wire/icmpv4.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../stack/wire/tcp.ts";
import {
  MAX_WINDOW_SHIFT,
  writeMaximumSegmentSize,
  writeSack,
  writeSackPermitted,
  writeWindowScale,
} from "../../stack/wire/tcp_options.ts";
import { address, type Answer, datagram, fragment, message, readSegment, segment, type Way } from "./wire.ts";

/** Who is attacked. Its services: a sink of bytes, a source of bytes, one that accepts and never reads. */
export const HOST: number = address(10, 0, 0, 2);
export const HONEST: number = address(10, 0, 0, 1);
export const SINK = 80;
export const SOURCE = 81;
export const MUTE = 82;
/** Closes what it accepts at once. */
export const BRIEF = 83;
/** A datagram socket that nobody reads. */
export const UNREAD = 7;
/** Where attackers are who want answers. */
export const LAIR: readonly number[] = [1, 2, 3, 4].map((last) => address(10, 66, 0, last));

/** One attack under way. */
export interface Attacker {
  /** The next packet. */
  next(): Uint8Array<ArrayBuffer>;
  /** An answer came to one of {@link LAIR}. */
  heard?(packet: Uint8Array): void;
}

/** One way to hurt a host. */
export interface Attack {
  name: string;
  /** What it shows of the host. */
  shows: string;
  /** What it may make the host hold, in bytes; see the table of limits in README.md. */
  bound(limits: Required<StackLimits>): number;
  /** `port` is the honest flow's at {@link HONEST}; it goes to {@link SINK}. */
  start(random: () => number, port: number): Attacker;
}

/** What a SYN offers that wants many small segments: their size, the widest window, and SACK. */
const SMALL_SEGMENT = 536;
const LARGE_DOWNLOAD = new Uint8Array(12);
const largeDownload = new DataView(LARGE_DOWNLOAD.buffer);
writeMaximumSegmentSize(largeDownload, 0, SMALL_SEGMENT);
writeWindowScale(largeDownload, 4, MAX_WINDOW_SHIFT);
writeSackPermitted(largeDownload, 8);
const SACK_OPTIONS_LENGTH = 36;

const KIB = 1024;
const MIB = 1024 * KIB;
/** Of a connection, with what belongs to it, beside its buffers. */
const CONNECTION = 6 * KIB;
const LEAST_BUFFERS = 8 * KIB;
/** Tables, and garbage of the collector's own. */
const NOISE = 8 * MIB;
const TINY_WINDOWS = 1000;
const SACKERS = 4;
/** Acknowledgements until a download is fast enough. */
const SACKER_WARM_UP = 6000;

/** All attacks. */
export const ATTACKS: readonly Attack[] = [
  {
    name: "syn-flood",
    shows: "half-open connections stay within their queue",
    bound: ({ synQueue }) => synQueue * CONNECTION + NOISE,
    start: synFlood,
  },
  {
    name: "fragment-flood",
    shows: "fragments that wait for the rest stay within their limit",
    bound: ({ reassembly }) => reassembly + NOISE,
    start: fragmentFlood,
  },
  {
    name: "udp-flood",
    shows: "datagrams that nobody reads stay within their queue",
    bound: ({ udpQueue }) => udpQueue + NOISE,
    start: udpFlood,
  },
  {
    name: "icmp-flood",
    shows: "echoes and false reports leave nothing behind",
    bound: () => NOISE,
    start: icmpFlood,
  },
  {
    name: "rst-injection",
    shows: "who cannot see a connection cannot reset it",
    bound: () => NOISE,
    start: rstInjection,
  },
  {
    name: "data-injection",
    shows: "who cannot see a connection cannot put data into it, nor end it",
    bound: () => NOISE,
    start: dataInjection,
  },
  {
    name: "tiny-windows",
    shows: "windows of a few bytes cost no more than any others",
    bound: () => TINY_WINDOWS * (CONNECTION + 256 * KIB) + NOISE,
    start: tinyWindows,
  },
  {
    name: "sack-storm",
    shows: "reports of what is known already cost no more than any others",
    bound: () => SACKERS * (CONNECTION + 4 * MIB + 2 * MIB) + NOISE,
    start: sackStorm,
  },
  {
    name: "out-of-order",
    shows: "bytes far ahead on many connections leave memory for the others",
    bound: ({ receiveMemory, connections }) => receiveMemory + all(connections),
    start: outOfOrder,
  },
  {
    name: "handshakes",
    shows: "connections that are reset are gone",
    bound: ({ backlog }) => backlog * CONNECTION + NOISE,
    start: handshakes,
  },
  {
    name: "time-wait",
    shows: "connections in TIME-WAIT make way, and are gone then",
    bound: ({ connections }) => all(connections),
    start: timeWait,
  },
  {
    name: "sockstress",
    shows: "what is written to peers that take nothing is bounded",
    bound: ({ sendMemory, connections }) => sendMemory + all(connections),
    start: sockstress,
  },
];

/** Connections with the least buffers. */
function all(connections: number): number {
  return connections * (CONNECTION + LEAST_BUFFERS) + NOISE;
}

/** SYNs to an open port, from everywhere. */
function synFlood(random: () => number): Attacker {
  return {
    next: () => segment(fromAnywhere(random, SINK), { sequence: random() * 2 ** 32, flags: SYN, window: 65535 }),
  };
}

/** Parts of datagrams that never become whole: first ones, tiny ones, many of the same datagram. */
function fragmentFlood(random: () => number): Attacker {
  let count = 0;
  return {
    next() {
      const kind = count++ % 3;
      const way = fromAnywhere(random, UNREAD);
      if (kind === 0) return fragment(way, count, 0, 1480);
      if (kind === 1) return fragment(way, count, 8 * integer(random, 8000), 8);
      return fragment({ ...way, source: LAIR[0] }, count >> 10, 16 * (count & 2047), 8);
    },
  };
}

/** Datagrams, to a socket that is not read and to ports that nobody has. */
function udpFlood(random: () => number): Attacker {
  let count = 0;
  return { next: () => datagram(fromAnywhere(random, count++ % 2 === 0 ? UNREAD : 1 + integer(random, 65535)), 500) };
}

/** Echo requests, and reports about segments that the host may have sent. */
function icmpFlood(random: () => number, port: number): Attacker {
  const body = new Uint8Array(1000);
  let count = 0;
  return {
    next() {
      const way = fromAnywhere(random, 0);
      if (count++ % 2 === 0) return message(way, ECHO_REQUEST, 0, count, body);
      const back = { source: HOST, sourcePort: SINK, destination: HONEST, destinationPort: port };
      const quoted = segment(back, { sequence: random() * 2 ** 32, flags: ACK });
      const code = integer(random, 16);
      return message(way, DESTINATION_UNREACHABLE, code, code === 4 ? 68 : 0, quoted.subarray(0, 28));
    },
  };
}

/** Resets, and SYNs, of the honest flow by somebody who does not see it. */
function rstInjection(random: () => number, port: number): Attacker {
  let count = 0;
  return {
    next() {
      const flags = count++ % 2 === 0 ? RST : count % 4 === 0 ? SYN : RST | ACK;
      const numbers = { sequence: random() * 2 ** 32, acknowledgment: random() * 2 ** 32 };
      return segment(ofHonestFlow(port), { ...numbers, flags, window: 1000 });
    },
  };
}

/** Data, acknowledgements and ends of the honest flow by somebody who does not see it. */
function dataInjection(random: () => number, port: number): Attacker {
  let count = 0;
  return {
    next() {
      const kind = count++ % 4;
      const flags = ACK | (kind === 0 ? PSH : kind === 1 ? FIN : 0);
      const numbers = { sequence: random() * 2 ** 32, acknowledgment: random() * 2 ** 32 };
      return segment(ofHonestFlow(port), { ...numbers, flags, window: integer(random, 65536), data: kind * 400 });
    },
  };
}

/** A thousand downloads through windows of one to four bytes. */
function tinyWindows(random: () => number): Attacker {
  const crowd = new Crowd(SOURCE, 4);
  const peers: Answer[] = [];
  let turn = 0;
  const acknowledge = (answer: Answer) => acknowledgeAll(answer, 1 + turn++ % 4);
  return {
    heard: (packet) => crowd.heard(packet),
    next() {
      const answer = crowd.take();
      if (answer) {
        peers[crowd.indexOf(answer)] = answer;
        return acknowledge(answer);
      }
      if (crowd.dialled < TINY_WINDOWS) return crowd.dial(random);
      const peer = peers[integer(random, TINY_WINDOWS)];
      return peer ? acknowledge(peer) : datagram(fromAnywhere(random, UNREAD), 0);
    },
  };
}

/** Downloads in small segments, of which the first never seems to arrive, and all others again and again. */
function sackStorm(random: () => number): Attacker {
  const crowd = new Crowd(SOURCE, 65535, LARGE_DOWNLOAD);
  const peers: { first: Answer; end: number }[] = [];
  let acknowledged = 0;
  return {
    heard: (packet) => crowd.heard(packet),
    next() {
      if (crowd.dialled < SACKERS) return crowd.dial(random);
      const answer = crowd.take();
      const grows = acknowledged < SACKER_WARM_UP;
      if (answer) {
        const end = (answer.sequence + answer.data) | 0;
        const peer = peers[crowd.indexOf(answer)];
        if (!peer || grows) peers[crowd.indexOf(answer)] = { first: answer, end };
        else if (((end - peer.end) | 0) > 0) peer.end = end;
        acknowledged++;
        if (grows) return acknowledgeAll(answer, 65535);
      }
      const peer = peers[integer(random, SACKERS)];
      return peer ? acknowledgeParts(peer.first, peer.end, random) : datagram(fromAnywhere(random, UNREAD), 0);
    },
  };
}

/** One byte far ahead on each of as many connections as there can be. */
function outOfOrder(random: () => number): Attacker {
  const crowd = new Crowd(MUTE, 65535);
  let last: Answer | undefined;
  return {
    heard: (packet) => crowd.heard(packet),
    next() {
      const ahead = last && segment(last.way, { ...numbersOf(last, 60_000), flags: ACK, window: 65535, data: 1 });
      last = ahead ? undefined : crowd.take(SYN);
      return ahead ?? (last ? acknowledgeAll(last, 65535) : crowd.dial(random));
    },
  };
}

/** Connections to a program that reads, which are reset as soon as they stand. */
function handshakes(random: () => number): Attacker {
  const crowd = new Crowd(SINK, 65535);
  let last: Answer | undefined;
  return {
    heard: (packet) => crowd.heard(packet),
    next() {
      const reset = last && segment(last.way, { ...numbersOf(last), flags: RST });
      last = reset ? undefined : crowd.take(SYN);
      return reset ?? (last ? acknowledgeAll(last, 65535) : crowd.dial(random));
    },
  };
}

/** Connections that the host closes first, so that it has to remember them, beside some that stay half open. */
function timeWait(random: () => number): Attacker {
  const crowd = new Crowd(BRIEF, 65535);
  let count = 0;
  return {
    heard: (packet) => crowd.heard(packet),
    next() {
      if (count++ % 100 === 0) return segment(fromAnywhere(random, SINK), { flags: SYN });
      const answer = crowd.take();
      if (!answer) return crowd.dial(random);
      return (answer.flags & FIN) === 0
        ? acknowledgeAll(answer, 65535)
        : segment(answer.way, { ...numbersOf(answer), flags: FIN | ACK, window: 65535 });
    },
  };
}

/** Downloads of which nothing is ever taken: the window is closed with the handshake, and stays so. */
function sockstress(random: () => number): Attacker {
  const crowd = new Crowd(SOURCE, 0);
  return {
    heard: (packet) => crowd.heard(packet),
    next() {
      const answer = crowd.take();
      return answer ? acknowledgeAll({ ...answer, data: 0 }, 0) : crowd.dial(random);
    },
  };
}

/** Many connections of an attacker, who keeps nothing of them but what it has heard and not answered. */
class Crowd {
  dialled: number;
  readonly #port: number;
  readonly #window: number;
  readonly #options: Uint8Array | undefined;
  readonly #heard: Answer[];
  #taken: number;

  /** They go to `port`, with SYNs that offer `window` and `options`. */
  constructor(port: number, window: number, options?: Uint8Array) {
    this.dialled = 0;
    this.#port = port;
    this.#window = window;
    this.#options = options;
    this.#heard = [];
    this.#taken = 0;
  }

  heard(packet: Uint8Array): void {
    if (packet.length === 40 && (packet[33] & (SYN | FIN)) === 0) return;
    const answer = readSegment(packet);
    if (answer && (answer.flags & RST) === 0 && (answer.data > 0 || (answer.flags & (SYN | FIN)) !== 0)) {
      this.#heard.push(answer);
    }
  }

  /** What was heard first and not answered; with `flags`, only what has them. */
  take(flags = 0): Answer | undefined {
    while (this.#taken < this.#heard.length) {
      const answer = this.#heard[this.#taken++];
      if (this.#taken === this.#heard.length) this.#taken = this.#heard.length = 0;
      if ((answer.flags & flags) === flags) return answer;
    }
    return undefined;
  }

  /** The SYN of one more connection. */
  dial(random: () => number): Uint8Array<ArrayBuffer> {
    const source = LAIR[this.dialled % LAIR.length];
    const sourcePort = 1 + Math.floor(this.dialled++ / LAIR.length) % 65535;
    const way = { source, sourcePort, destination: HOST, destinationPort: this.#port };
    return segment(way, { sequence: random() * 2 ** 32, flags: SYN, window: this.#window, options: this.#options });
  }

  /** Which of the dials an answer belongs to, counted from the first. */
  indexOf({ way }: Answer): number {
    return (way.sourcePort - 1) * LAIR.length + LAIR.indexOf(way.source);
  }
}

function acknowledgeAll(answer: Answer, window: number): Uint8Array<ArrayBuffer> {
  return segment(answer.way, { ...numbersOf(answer), flags: ACK, window });
}

/** Four blocks somewhere between what was acknowledged and `end`. */
function acknowledgeParts(answer: Answer, end: number, random: () => number): Uint8Array<ArrayBuffer> {
  const options = new Uint8Array(SACK_OPTIONS_LENGTH);
  const view = new DataView(options.buffer);
  const { sequence, acknowledgment } = numbersOf(answer);
  const segments = Math.floor(((end - acknowledgment) | 0) / SMALL_SEGMENT);
  const edges = new Int32Array(8);
  for (let i = 0; i < edges.length; i += 2) {
    const left = 1 + integer(random, segments / 2);
    edges[i] = acknowledgment + left * SMALL_SEGMENT;
    edges[i + 1] = acknowledgment + (left + 1 + integer(random, segments - left)) * SMALL_SEGMENT;
  }
  writeSack(view, 0, edges, edges.length / 2);
  return segment(answer.way, { sequence, acknowledgment, flags: ACK, window: 65535, options });
}

/** The numbers of a segment that takes all of an answer, `ahead` bytes too early. */
function numbersOf({ flags, sequence, acknowledgment, data }: Answer, ahead = 0) {
  const end = sequence + data + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
  return { sequence: (acknowledgment + ahead) | 0, acknowledgment: end | 0 };
}

function fromAnywhere(random: () => number, destinationPort: number): Way {
  const source = address(11, integer(random, 256), integer(random, 256), 2 + integer(random, 250));
  return { source, sourcePort: 1 + integer(random, 65535), destination: HOST, destinationPort };
}

function ofHonestFlow(port: number): Way {
  return { source: HONEST, sourcePort: port, destination: HOST, destinationPort: SINK };
}

function integer(random: () => number, below: number): number {
  return Math.floor(random() * below);
}
