/**
 * Packet traces in the pcap format: {@link PCAPTrace} records them, {@link readPCAP} reads them back.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PCAPTrace, readPCAP } from "@uis/uis/pcap";
 *
 * const path = await Deno.makeTempFile({ suffix: ".pcap" });
 * {
 *   await using trace = await PCAPTrace.open(path, 1500);
 *   trace.dump(new Uint8Array(40).fill(0x45, 0, 1));
 * }
 * assertEquals(readPCAP(await Deno.readFile(path)).packets.length, 1);
 * await Deno.remove(path);
 * ```
 *
 * @module
 */

export { LINKTYPE_RAW, type PCAPFile, type PCAPPacket, readPCAP } from "./format.ts";
export { PCAPTrace, type PCAPTraceOptions } from "./pcap_trace.ts";
