// Prints the live bytes of one engine for each of `count` idle connections, each of which was used once.
import { delay, link } from "../../harness/link.ts";
import { liveBytes } from "../../virtual/memory.ts";
import { LongPair } from "../../virtual/traffic.ts";

const SERVER = { address: "10.0.0.2", port: 80 };
const FIRST_PORT = 10_000;
const MESSAGE = new Uint8Array(1000).fill(7);
/** Longer than any timer of a connection that was used once, ms. */
const REST = 60_000;

const [count] = Deno.args.map(Number);
const pair = new LongPair({ wire: link(1, delay(0.1)) });
const buffer = new Uint8Array(4096);
let echoed = 0;
pair.b.engine.listen(0, 1, { address: "0.0.0.0", port: SERVER.port }, 4096);
pair.listenTo("b", (event) => {
  const { engine } = pair.b;
  if (event.kind === "accepted") engine.accept(pair.now, event.id);
  else if (event.kind === "readable") {
    engine.write(pair.now, event.id, buffer.subarray(0, engine.read(pair.now, event.id, buffer)));
  }
});
pair.listenTo("a", (event) => {
  const { engine } = pair.a;
  if (event.kind === "connected") engine.write(pair.now, event.id, MESSAGE);
  else if (event.kind === "readable" && engine.read(pair.now, event.id, buffer) > 0) echoed++;
});

open(1, 1); // tables and code that are there once
const before = liveBytes();
open(2, count);
console.log(JSON.stringify({ value: (liveBytes() - before) / count / 2 }));

function open(first: number, many: number): void {
  const wanted = echoed + many;
  for (let id = first; id < first + many; id++) pair.a.engine.connect(pair.now, id, FIRST_PORT + id, SERVER);
  pair.run(() => echoed === wanted, pair.now + REST);
  if (echoed !== wanted) throw new Error(`${echoed} of ${wanted} echoes came back`);
  pair.advance(REST);
}
