// The main thread's half of a stack: what it answers to events that cross a call of its program.
import { assertEquals } from "@std/assert";
import type { Cable } from "../../stack/cable.ts";
import type { Call, Event } from "../../stack/messages.ts";
import { Ports } from "../../stack/ports.ts";
import { RemoteStack } from "../../stack/remote_stack.ts";
import { VNIC } from "../../vnic/vnic.ts";

Deno.test("a connection whose listener was closed meanwhile is given up, and with it what was handed over", () => {
  const calls: Call[] = [];
  const cable: Cable<Call, Event> = {
    post: ({ items }) => void calls.push(...items),
    sharesBuffers: false,
    onTurn: null,
    close: () => {},
  };
  const ports = { tcp: new Ports([49152, 65535], () => 0), udp: new Ports([49152, 65535], () => 0) };
  const remote = new RemoteStack(cable, new VNIC(1500, { sendFrame: () => true }), ports, () => {});
  const at = { address: "10.0.0.1", port: 80 };
  cable.onTurn!({
    items: [{ kind: "accepted", id: -1, listener: 7, local: at, remote: at, sendBuffer: 1000 }],
    packetBytes: 0,
    postedAt: 0,
    credit: 0,
  });
  remote.postTurn();
  assertEquals(calls, [{ op: "abort", id: -1 }]);
});
