// A stack's worker that tells what lives on its heap, when it is asked on a channel: the product's own worker knows nothing of it.
import "../../stack/worker.ts";
import { liveBytes } from "../virtual/memory.ts";
import { HEAP_CHANNEL } from "./heap.ts";

const channel = new BroadcastChannel(HEAP_CHANNEL);
channel.onmessage = ({ data }) => {
  if (data.asks === self.name) channel.postMessage({ tells: self.name, bytes: liveBytes() });
};
