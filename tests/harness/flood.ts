import { buildPacket } from "./packets.ts";

/** One packet of a flood: a SYN to port 80 from anywhere in 11.0.0.0/8. */
export function randomSyn(destination: string, random: () => number): Uint8Array<ArrayBuffer> {
  const byte = () => Math.floor(random() * 256);
  return buildPacket({
    source: `11.${byte()}.${byte()}.${2 + Math.floor(random() * 250)}`,
    destination,
    ttl: 64,
    identification: 0,
    dontFragment: true,
    transport: {
      kind: "tcp",
      sourcePort: 1 + Math.floor(random() * 65535),
      destinationPort: 80,
      seq: Math.floor(random() * 2 ** 32),
      ack: 0,
      flags: "S",
      window: 65535,
      urgent: 0,
      options: [],
      payload: new Uint8Array(),
    },
  });
}
