// pcap files made by hand from the format's description, to hold the project's own writer and reader against.

export interface PCAPRecord {
  seconds: number;
  /** Micro- or nanoseconds, by the file's dialect. */
  fraction: number;
  bytes: Uint8Array;
  /** The length of `bytes` where left out. */
  length?: number;
}

export interface PCAPDialect {
  littleEndian?: boolean;
  nanoseconds?: boolean;
  snapLen?: number;
  linkType?: number;
}

export function pcapFile(records: PCAPRecord[], dialect: PCAPDialect = {}): Uint8Array {
  const { littleEndian = true, nanoseconds = false, snapLen = 65_535, linkType = 101 } = dialect;
  const u16 = (value: number) => littleEndian ? [value, value >>> 8] : [value >>> 8, value];
  const u32 = (value: number) => {
    const bytes = [value >>> 24, value >>> 16, value >>> 8, value];
    return littleEndian ? bytes.reverse() : bytes;
  };
  const magic = nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4;
  const file = [...u32(magic), ...u16(2), ...u16(4), ...u32(0), ...u32(0), ...u32(snapLen), ...u32(linkType)];
  for (const { seconds, fraction, bytes, length = bytes.length } of records) {
    file.push(...u32(seconds), ...u32(fraction), ...u32(bytes.length), ...u32(length), ...bytes);
  }
  return new Uint8Array(file);
}
