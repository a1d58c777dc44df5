// What we read in packets, beside what tshark reads in them.
import { assert, assertEquals } from "@std/assert";
import { type ICMPMessage, type Packet, parsePacket, type TCPSegment } from "../../../mod.ts";
import { readFields, requireTshark } from "../../harness/tshark.ts";
import { pcapFile } from "../../pcap/pcap_file.ts";
import * as samples from "./samples.ts";

type Value = string | number | boolean;

/** By the name of tshark's field, what we make of the same packet; undefined: it has no such field. */
type Reading = Record<string, Value | Value[] | undefined>;

/** What tshark does not work out of a segment that is quoted, or of which only a part is there. */
const ONLY_OF_WHOLE = ["tcp.len", "tcp.seq_raw"];

function readIP(packet: Packet): Reading {
  const { fragment } = packet;
  if (packet.version === 4) {
    return {
      "ip.src": packet.source,
      "ip.dst": packet.destination,
      "ip.ttl": packet.ttl,
      "ip.id": packet.identification,
      "ip.proto": packet.protocol,
      "ip.len": packet.length,
      "ip.dsfield.ecn": packet.ecn,
      "ip.flags.df": packet.dontFragment,
      "ip.flags.mf": fragment?.more ?? false,
      // In units of eight bytes, as that of IPv6.
      "ip.frag_offset": (fragment?.offset ?? 0) / 8,
    };
  }
  return {
    "ipv6.src": packet.source,
    "ipv6.dst": packet.destination,
    "ipv6.hlim": packet.hopLimit,
    "ipv6.flow": packet.flowLabel,
    "ipv6.plen": packet.length - 40,
    "ipv6.tclass.ecn": packet.ecn,
    "ipv6.fraghdr.ident": fragment?.id,
    "ipv6.fraghdr.more": fragment?.more,
    "ipv6.fraghdr.offset": fragment && fragment.offset / 8,
  };
}

function readTCP(tcp: TCPSegment): Reading {
  const { flags, options } = tcp;
  return {
    "tcp.srcport": tcp.sourcePort,
    "tcp.dstport": tcp.destinationPort,
    "tcp.seq_raw": tcp.seq,
    "tcp.ack_raw": tcp.ack,
    "tcp.hdr_len": tcp.headerLength,
    "tcp.len": tcp.payload.length,
    "tcp.window_size_value": tcp.window,
    "tcp.urgent_pointer": tcp.urgentPointer,
    "tcp.flags.fin": flags.fin,
    "tcp.flags.syn": flags.syn,
    "tcp.flags.reset": flags.rst,
    "tcp.flags.push": flags.psh,
    "tcp.flags.ack": flags.ack,
    "tcp.flags.urg": flags.urg,
    "tcp.flags.ece": flags.ece,
    "tcp.flags.cwr": flags.cwr,
    "tcp.options.mss_val": options.mss,
    "tcp.options.wscale.shift": options.windowScale,
    "tcp.options.sack_perm": options.sackPermitted || undefined,
    "tcp.options.sack_le": options.sack.map(({ left }) => left),
    "tcp.options.sack_re": options.sack.map(({ right }) => right),
    "tcp.options.timestamp.tsval": options.timestamps?.value,
    "tcp.options.timestamp.tsecr": options.timestamps?.echo,
  };
}

function readICMP(icmp: ICMPMessage): Reading {
  return icmp.version === 4
    ? {
      "icmp.type": icmp.type,
      "icmp.code": icmp.code,
      "icmp.ident": icmp.id,
      "icmp.seq": icmp.seq,
      "icmp.mtu": icmp.mtu,
    }
    : {
      "icmpv6.type": icmp.type,
      "icmpv6.code": icmp.code,
      "icmpv6.echo.identifier": icmp.id,
      "icmpv6.echo.sequence_number": icmp.seq,
      "icmpv6.mtu": icmp.mtu,
      "icmpv6.pointer": icmp.pointer,
    };
}

/** Of a packet, and of the one that it quotes, if any. */
function read(packet: Packet): Reading[] {
  const { tcp, udp, icmp } = packet;
  const reading = {
    ...readIP(packet),
    ...tcp && readTCP(tcp),
    ...udp && { "udp.srcport": udp.sourcePort, "udp.dstport": udp.destinationPort, "udp.length": udp.length },
    ...icmp && readICMP(icmp),
  };
  return icmp?.quoted ? [reading, ...read(icmp.quoted)] : [reading];
}

/** Numbers as tshark writes them, in whichever way it does. */
function same(ours: Value, theirs: string): boolean {
  if (typeof ours === "string") return ours === theirs;
  if (typeof ours === "boolean") return ours === (theirs !== "False" && theirs !== "0");
  return Number(ours) === Number(theirs);
}

function differences(packet: Packet, row: Record<string, string[]>): string[] {
  const readings = read(packet);
  return Object.entries(row).flatMap(([field, theirs]) => {
    let ours = readings.flatMap((reading) => reading[field] ?? []);
    if (ONLY_OF_WHOLE.includes(field) && (packet.fragment || packet.icmp)) ours = ours.slice(0, theirs.length);
    const agree = ours.length === theirs.length && ours.every((value, i) => same(value, theirs[i]));
    return agree ? [] : [`${field}: ${ours.join(" ") || "none"}, tshark: ${theirs.join(" ") || "none"}`];
  });
}

Deno.test("tshark reads the same, in what is well-formed and in what two hosts sent each other", async () => {
  if (!await requireTshark()) return;
  const packets = [...samples.wellFormed(4), ...samples.wellFormed(6), ...await samples.traffic()];
  assert(packets.length > 300, `${packets.length} packets`);
  const path = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    await Deno.writeFile(path, pcapFile(packets.map((bytes) => ({ seconds: 1, fraction: 0, bytes }))));
    const fields = [
      ...new Set(packets.flatMap((bytes) => read(parsePacket(bytes)!)).flatMap((reading) => Object.keys(reading))),
    ];
    const rows = await readFields(path, fields);
    assertEquals(rows.length, packets.length);
    const found = packets.flatMap((bytes, i) =>
      differences(parsePacket(bytes)!, rows[i]).map((difference) => `packet ${i + 1}: ${difference}`)
    );
    assertEquals(found, []);
  } finally {
    await Deno.remove(path);
  }
});
