/**
 * The limit of the way that packets take: batches of packets relayed worker → main → worker, and no protocol.
 *
 * @module
 */
import type { Peer } from "../figure.ts";
import { sleep, WARM_UP } from "../hosts.ts";
import { Thread } from "./threads.ts";

/** Packets in a batch of Ethernet's; larger ones come in batches of about the same bytes. */
const BATCH_BYTES = 64 * 1500;
/** Batches under way. */
const WINDOW = 4;

/** Relays packets of `mtu` bytes. */
export function limit(mtu: number): Peer {
  return { name: "limit", measure: (seconds) => relay(mtu, seconds) };
}

async function relay(mtu: number, seconds: number): Promise<{ value: number }> {
  using from = new Thread("./limit_worker.ts");
  using to = new Thread("./limit_worker.ts");
  const packets = Math.max(1, Math.floor(BATCH_BYTES / mtu));
  let bytes = 0;
  from.onMessage = (batch) => to.post(batch, [batch as ArrayBuffer]);
  to.onMessage = (taken) => {
    bytes += taken as number;
    from.post({ packets, mtu });
  };
  for (let i = 0; i < WINDOW; i++) from.post({ packets, mtu });
  await sleep(WARM_UP);
  const before = bytes;
  const start = performance.now();
  await sleep(1000 * seconds);
  return { value: (bytes - before) * 8 / 1000 / (performance.now() - start) };
}
