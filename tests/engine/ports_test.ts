import { assert, assertEquals } from "@std/assert";
import { Ports } from "../../stack/ports.ts";
import { seeded } from "../harness/seeded.ts";

const PEER = { address: "10.0.0.2", port: 80 };

Deno.test("T7 dials get random ports of the range, the same from the same seed", () => {
  const dial = (seed: number) => {
    const ports = new Ports([32768, 60999], seeded(seed));
    return Array.from({ length: 200 }, (_, i) => ports.dial(i + 1, PEER)!);
  };
  const chosen = dial(1);
  assertEquals(chosen, dial(1));
  assert(chosen.every((port) => port >= 32768 && port <= 60999));
  assertEquals(new Set(chosen).size, 200);
  const steps = chosen.slice(1).map((port, i) => port - chosen[i]);
  assert(new Set(steps).size > 150);
  assert(dial(2).join() !== chosen.join());
});

Deno.test("all ports of the range can be taken, for each peer", () => {
  const ports = new Ports([100, 109], seeded(1));
  const taken = Array.from({ length: 10 }, (_, i) => ports.dial(i + 1, PEER)!);
  assertEquals(taken.toSorted((a, b) => a - b), [100, 101, 102, 103, 104, 105, 106, 107, 108, 109]);
  assertEquals(ports.dial(11, PEER), undefined);
  assert(ports.dial(12, { address: "10.0.0.2", port: 81 }) !== undefined);
  ports.release(3);
  assertEquals(ports.dial(13, PEER), taken[2]);
});

Deno.test("when all are taken the one longest in TIME-WAIT is used again, and its end changes nothing", () => {
  const ports = new Ports([100, 102], seeded(1));
  const taken = [1, 2, 3].map((id) => ports.dial(id, PEER)!);
  ports.linger(2);
  ports.linger(1);
  assertEquals(ports.dial(4, PEER), taken[1]);
  ports.release(2);
  assertEquals(ports.dial(5, PEER), taken[0]);
  assertEquals(ports.dial(6, PEER), undefined);
  ports.release(4);
  assertEquals(ports.dial(7, PEER), taken[1]);
});

Deno.test("a dial costs little when all ports are in TIME-WAIT, those to other peers too, and some are bound", () => {
  const ports = new Ports([32768, 60999], seeded(1));
  let id = 0;
  for (const port of [80, 40000, 50000]) ports.bind(++id, { address: "0.0.0.0", port });
  const dialAll = (address: string) => {
    for (let i = 0; i < 28230; i++) {
      assert(ports.dial(++id, { address, port: 80 }) !== undefined);
      ports.linger(id);
    }
  };
  dialAll("10.0.0.2");
  dialAll("10.0.0.3");
  const started = performance.now();
  for (let i = 0; i < 2000; i++) {
    const port = ports.dial(++id, { address: "10.0.0.3", port: 80 });
    assert(port !== undefined && port !== 40000 && port !== 50000);
    ports.linger(id);
  }
  const ms = performance.now() - started;
  assert(ms < 1000, `2000 dials took ${ms} ms`);
});

Deno.test("bound sockets exclude each other where they would be sent the same packets", () => {
  const bind = (first: string, second: string) => {
    const ports = new Ports([100, 200], seeded(1));
    assertEquals(ports.bind(1, { address: first, port: 80 }), 80);
    return ports.bind(2, { address: second, port: 80 }) === 80;
  };
  assertEquals(bind("10.0.0.1", "10.0.0.1"), false);
  assertEquals(bind("10.0.0.1", "10.0.0.2"), true);
  assertEquals(bind("0.0.0.0", "10.0.0.1"), false);
  assertEquals(bind("10.0.0.1", "0.0.0.0"), false);
  assertEquals(bind("0.0.0.0", "2001:db8::1"), true);
  assertEquals(bind("::", "10.0.0.1"), false);
  assertEquals(bind("::", "0.0.0.0"), false);
  assertEquals(bind("2001:db8::1", "::"), false);
});

Deno.test("bound sockets share a port when all of them say so, and port 0 is shared with nobody", () => {
  const ports = new Ports([100, 101], seeded(1));
  const at = { address: "10.0.0.1", port: 100 };
  assertEquals(ports.bind(1, at, true), 100);
  assertEquals(ports.bind(2, at), undefined);
  assertEquals(ports.bind(3, { ...at, address: "0.0.0.0" }, true), 100);
  assertEquals(ports.bind(4, { ...at, port: 0 }, true), 101);
  assertEquals(ports.bind(5, { ...at, port: 0 }, true), undefined);
  ports.release(1);
  assertEquals(ports.bind(6, at), undefined);
  ports.release(3);
  assertEquals(ports.bind(7, at), 100);
  assertEquals(ports.bind(8, at, true), undefined);
});

Deno.test("port 0 is any that is free", () => {
  const ports = new Ports([100, 102], seeded(1));
  const any = { address: "0.0.0.0", port: 0 };
  const taken = [1, 2, 3].map((id) => ports.bind(id, any)!);
  assertEquals(new Set(taken).size, 3);
  assertEquals(ports.bind(4, any), undefined);
  ports.release(2);
  assertEquals(ports.bind(5, any), taken[1]);
  ports.release(99);
});
