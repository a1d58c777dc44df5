// With UIS_TRACES=folder, every test file leaves up to two pcaps there: what stacks and engines sent, and what else there
// was, which tests made by hand or changed on the way. tests/harness/preload.ts loads this module.
import { LINKTYPE_RAW, PCAP_HEADER_LENGTH, PCAP_RECORD_HEADER_LENGTH } from "../../pcap/format.ts";
import { writePCAPHeader, writePCAPRecordHeader } from "../../pcap/format.ts";
import { Engine } from "../../stack/engine/engine.ts";
import { VNIC } from "../../vnic/vnic.ts";
import { Collector } from "../harness/pair.ts";

/** Bytes of one pcap: a flood need not be kept whole. */
const MOST = 32 * 1024 * 1024;
const SNAP_LENGTH = 65535;

/** Bytes that wait to be written: tests that measure memory must not see them. */
const MOST_WAITING = 256 * 1024;

/** One pcap. No file stays open, which would be a test's leak. */
class Recording {
  readonly #path: string;
  #records: Uint8Array[];
  #bytes: number;
  #waiting: number;

  constructor(path: string) {
    const header = new Uint8Array(PCAP_HEADER_LENGTH);
    writePCAPHeader(new DataView(header.buffer), 0, SNAP_LENGTH, LINKTYPE_RAW);
    this.#path = path;
    this.#records = [header];
    this.#bytes = 0;
    this.#waiting = 0;
  }

  record(packet: Uint8Array): void {
    if (this.#bytes > MOST || packet.length > SNAP_LENGTH) return;
    const record = new Uint8Array(PCAP_RECORD_HEADER_LENGTH + packet.length);
    writePCAPRecordHeader(new DataView(record.buffer), 0, Date.now(), packet.length, packet.length);
    record.set(packet, PCAP_RECORD_HEADER_LENGTH);
    this.#records.push(record);
    this.#bytes += record.length;
    this.#waiting += record.length;
    if (this.#waiting > MOST_WAITING) this.write();
  }

  write(): void {
    if (this.#bytes === 0 || this.#records.length === 0) return;
    Deno.writeFileSync(this.#path, concat(this.#records), { append: true });
    this.#records = [];
    this.#waiting = 0;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Records the packets of this test file in `folder`. */
export function recordTraces(folder: string): void {
  const root = new URL("../../", import.meta.url).href;
  if (!Deno.mainModule.startsWith(root)) return;
  const name = Deno.mainModule.slice(root.length).replaceAll("/", "!");
  const sent = new Recording(`${folder}/${name}.sent.pcap`);
  const made = new Recording(`${folder}/${name}.made.pcap`);
  const known = new WeakSet<ArrayBufferLike>();
  Deno.test.afterEach(() => {
    sent.write();
    made.write();
  });

  const { writePackets, injectFrame } = VNIC.prototype;
  VNIC.prototype.writePackets = function (packets) {
    const all = [...packets];
    for (const packet of all) {
      // What comes from a stack is a part of a batch.
      if (packet?.byteOffset > 0) recordSent(packet);
      else if (packet instanceof Uint8Array) made.record(packet);
    }
    return writePackets.call(this, all);
  };
  VNIC.prototype.injectFrame = function (frame) {
    if (frame?.packet instanceof Uint8Array && !known.has(frame.packet.buffer)) made.record(frame.packet);
    return injectFrame.call(this, frame);
  };
  const { commit } = Collector.prototype;
  Collector.prototype.commit = function (length) {
    commit.call(this, length);
    recordSent(this.packets[this.packets.length - 1]);
  };
  const { receive } = Engine.prototype;
  Engine.prototype.receive = function (now, view, offset, length) {
    // Tests give each packet in an array of its own; stacks have them in batches, and a NIC has seen those.
    const isAlone = offset === 0 && length === view.byteLength;
    if (isAlone && !known.has(view.buffer)) made.record(new Uint8Array(view.buffer, view.byteOffset, length));
    return receive.call(this, now, view, offset, length);
  };

  function recordSent(packet: Uint8Array): void {
    known.add(packet.buffer);
    sent.record(packet);
  }
}
