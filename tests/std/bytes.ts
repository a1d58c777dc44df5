// Stand-in for @std/bytes where JSR is out of reach: the functions which the tests use, same signatures.

/** One new array that holds the bytes of all, in order. */
export function concat(buffers: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(buffers.reduce((length, buffer) => length + buffer.length, 0));
  let offset = 0;
  for (const buffer of buffers) {
    all.set(buffer, offset);
    offset += buffer.length;
  }
  return all;
}

/** Whether both hold the same bytes. */
export function equals(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
