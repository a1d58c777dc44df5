// Either end of the relay: fills a batch when asked for one, and takes apart what comes.
import { scope } from "./worker_scope.ts";

const data = new Uint8Array(65_535).fill(7);
const taken = new Uint8Array(65_535);

scope.onmessage = ({ data: message }: MessageEvent<ArrayBuffer | { packets: number; mtu: number }>) => {
  if (message instanceof ArrayBuffer) {
    scope.postMessage(take(message));
    return;
  }
  const batch = fill(message.packets, message.mtu);
  scope.postMessage(batch, [batch]);
};

function fill(packets: number, mtu: number): ArrayBuffer {
  const bytes = new Uint8Array(packets * (4 + mtu));
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 4 + mtu) {
    view.setUint32(at, mtu);
    bytes.set(data.subarray(0, mtu), at + 4);
  }
  return bytes.buffer;
}

function take(batch: ArrayBuffer): number {
  const view = new DataView(batch);
  let total = 0;
  for (let at = 0; at < batch.byteLength;) {
    const length = view.getUint32(at);
    taken.set(new Uint8Array(batch, at + 4, length));
    total += length;
    at += 4 + length;
  }
  return total;
}
