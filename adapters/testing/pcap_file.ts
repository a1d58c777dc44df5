/**
 * The trace of a failed test.
 *
 * Main side.
 *
 * @module
 */
import { encodePCAP } from "../../pcap/format.ts";
import type { SentPacket } from "./packet_log.ts";

/**
 * Writes packets to a new pcap file in `folder`, or that of the system for temporary files, and says in a line where it is,
 * or why there is none. Never rejects, and never has Deno ask for a permission.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { savePCAP } from "./pcap_file.ts";
 *
 * assertEquals(await savePCAP([], undefined), "pcap: none, as no packet was kept");
 * ```
 */
export async function savePCAP(packets: readonly SentPacket[], folder: string | undefined): Promise<string> {
  if (packets.length === 0) return "pcap: none, as no packet was kept";
  const { state } = await Deno.permissions.query({ name: "write", path: folder });
  if (state !== "granted") return `pcap: not written, as it needs --allow-write${folder ? `=${folder}` : ""}`;
  try {
    if (folder !== undefined) await Deno.mkdir(folder, { recursive: true });
    const path = await Deno.makeTempFile({ dir: folder, prefix: "uis-", suffix: ".pcap" });
    await Deno.writeFile(path, encodePCAP(packets.map(({ timestamp, packet }) => ({ timestamp, bytes: packet }))));
    return `pcap: ${path}`;
  } catch (error) {
    return `pcap: not written: ${error}`;
  }
}
