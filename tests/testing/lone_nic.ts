// A host that only listens to packets, so that tests of what happens on the way need no stacks.
import type { TestInternet } from "../../mod.ts";
import { udpPacket } from "../scenarios/packets.ts";

/** Collects what arrives at an address. */
export class LoneNIC {
  readonly arrived: Uint8Array[];
  #wanted: number;
  #enough: () => void;

  constructor(net: TestInternet, address: string) {
    this.arrived = [];
    this.#wanted = Infinity;
    this.#enough = () => {};
    const vnic = net.internet.newVNIC(1500);
    net.internet.addRoute(vnic, address);
    vnic.attach({
      deliverNetworkPacket: (packet) => {
        this.arrived.push(packet.slice());
        if (this.arrived.length >= this.#wanted) this.#enough();
      },
    });
  }

  /** What the packets carry, which is a number each. */
  get numbers(): number[] {
    return this.arrived.map((packet) => packet[28]);
  }

  /** Resolves when so many packets have arrived. */
  async wait(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanted = count;
    this.#enough = resolve;
    if (this.arrived.length < count) await promise;
  }
}

/** A datagram that carries a number. */
export function numbered(number: number, source = "10.0.0.1", destination = "10.0.0.2"): Uint8Array<ArrayBuffer> {
  const way = { source, sourcePort: 9, destination, destinationPort: 9 };
  return udpPacket(way, Uint8Array.of(number));
}

/** Sends datagrams with the numbers from 0 to `count`, and waits until each has got its fate. */
export async function sendNumbers(net: TestInternet, count: number, ...way: [string, string] | []): Promise<void> {
  for (let i = 0; i < count; i++) net.internet.sendFrame({ packet: numbered(i, ...way) });
  // The loop works in microtasks, between which no timer fires however slow the machine is.
  for (let i = 0; i < 20; i++) await null;
}
