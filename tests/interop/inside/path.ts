// What the program between the kernel and a simulated host does to packets.
import { seeded } from "../../harness/seeded.ts";
import type { Path } from "./kernel.ts";

/** How a path harms packets: probabilities, and for how long one is held back so that others overtake it, in ms. */
export interface Harm {
  loss: number;
  duplication: number;
  reordering: number;
  holdBack: number;
}

/** A path that loses, doubles and holds back packets. The seed decides about the nth packet, not which packet is the nth. */
export function harmful(seed: number, { loss, duplication, reordering, holdBack }: Harm): Path {
  const random = seeded(seed);
  return (frame, deliver) => {
    if (random() < loss) return;
    if (random() < duplication) deliver({ packet: frame.packet.slice() });
    if (random() < reordering) setTimeout(deliver, holdBack * random(), frame);
    else deliver(frame);
  };
}
