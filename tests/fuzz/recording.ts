/**
 * What a target was sent, as a pcap file.
 *
 * @module
 */
import {
  LINKTYPE_RAW,
  PCAP_HEADER_LENGTH,
  PCAP_RECORD_HEADER_LENGTH,
  readPCAP,
  writePCAPHeader,
  writePCAPRecordHeader,
} from "../../pcap/format.ts";
import { CAPACITY } from "./draft.ts";

/** One packet to the target. */
export interface Input {
  /** ms. */
  at: number;
  packet: Uint8Array;
}

/** What was sent, and to which target. */
export interface Recording {
  profile: string;
  seed: number;
  inputs: Input[];
}

/** The pcap file with the inputs. Their times lie on a grid of 125 µs, which it can say exactly. */
export function encodeInputs(inputs: readonly Input[]): Uint8Array<ArrayBuffer> {
  const length = inputs.reduce(
    (sum, { packet }) => sum + PCAP_RECORD_HEADER_LENGTH + packet.length,
    PCAP_HEADER_LENGTH,
  );
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  writePCAPHeader(view, 0, CAPACITY, LINKTYPE_RAW);
  let offset = PCAP_HEADER_LENGTH;
  for (const { at, packet } of inputs) {
    writePCAPRecordHeader(view, offset, at, packet.length, packet.length);
    bytes.set(packet, offset + PCAP_RECORD_HEADER_LENGTH);
    offset += PCAP_RECORD_HEADER_LENGTH + packet.length;
  }
  return bytes;
}

/** Reads what {@link encodeInputs} wrote. */
export function decodeInputs(file: Uint8Array): Input[] {
  return readPCAP(file).packets.map(({ timestamp, bytes }) => ({ at: timestamp, packet: bytes }));
}

/** The name of a recording's file, which says what the file cannot: "what.profile.seed.pcap". */
export function fileName(what: string, { profile, seed }: Recording): string {
  return `${what}.${profile}.${seed}.pcap`;
}

/** Reads the recording in a file. */
export async function readRecording(file: URL): Promise<Recording> {
  const [, profile, seed] = file.pathname.match(/\.(\w+)\.(\d+)\.pcap$/) ?? [];
  if (profile === undefined) {
    throw new TypeError(`Cannot read "${file.pathname}": its name must be what.profile.seed.pcap`);
  }
  return { profile, seed: Number(seed), inputs: decodeInputs(await Deno.readFile(file)) };
}
