// A hundred hosts in one internet, each of which talks to its neighbour.
import { assertEquals } from "@std/assert";
import { Internet, type Stack } from "../../mod.ts";
import { liveWorkers } from "../harness/preload.ts";
import { assertTalks, bytes, connect, eachIsolation, scenario, text } from "./hosts.ts";
import { runScript } from "./subprocess.ts";

const COUNT = 100;

function addressOf(i: number): string {
  return `10.0.0.${1 + i % COUNT}`;
}

eachIsolation("100 stacks, each talks to its neighbour over TCP and UDP", async (isolation) => {
  const internet = new Internet({ isolation });
  const routing = internet.route();
  const stacks = await Promise.all(
    Array.from({ length: COUNT }, (_, i) => internet.newStack(1500, addressOf(i), `2001:db8::${1 + i}`)),
  );
  if (isolation === "worker") assertEquals(liveWorkers(), COUNT);
  await Promise.all(stacks.map((stack, i) => talkToNeighbour(stack, stacks[(i + 1) % COUNT], i + 1)));
  // Half of them close by themselves.
  await Promise.all(stacks.slice(0, COUNT / 2).map((stack) => stack.close()));
  await internet.close();
  await routing;
  await Promise.all(stacks.map((stack) => stack.closed));
  assertEquals(liveWorkers(), 0);
});

async function talkToNeighbour(stack: Stack, neighbour: Stack, i: number): Promise<void> {
  using four = await connect(stack, neighbour, `${addressOf(i)}:80`);
  await assertTalks(four);
  using six = await connect(stack, neighbour, `[2001:db8::${1 + i % COUNT}]:80`);
  await assertTalks(six);
  using socket = neighbour.listenUDP(`${addressOf(i)}:7`);
  using conn = await stack.dialUDP(`${addressOf(i)}:7`);
  await conn.write(bytes(`hello from ${i}`));
  const [greeting, from] = await socket.receive();
  assertEquals(text(greeting), `hello from ${i}`);
  await socket.send(bytes("hello back"), from);
  assertEquals(await conn.read(new Uint8Array(100)), 10);
}

const HUNDRED = `
  import { Internet } from "${new URL("../../mod.ts", import.meta.url)}";
  const internet = new Internet();
  const routing = internet.route();
  const stacks = await Promise.all(Array.from({ length: 100 }, (_, i) => internet.newStack(1500, "10.0.0." + (i + 1))));
  await Promise.all(stacks.map(async (stack, i) => {
    const next = (i + 1) % 100;
    const listener = stacks[next].listenTCP("0.0.0.0:80");
    const conn = await stack.dialTCP("10.0.0." + (next + 1) + ":80");
    const accepted = await listener.accept();
    await conn.write(new Uint8Array(1000));
    await accepted.read(new Uint8Array(1000));
    // Nothing is closed here: the internet does it.
  }));
  await internet.close();
  await routing;
  console.log("all closed");
`;

scenario("100 stacks: the process ends by itself", async () => {
  assertEquals(await runScript(HUNDRED, ["-A"]), { code: 0, stdout: "all closed\n", stderr: "" });
});

const OPEN_SOCKETS = `
  import { Internet, Stack, VNIC } from "${new URL("../../mod.ts", import.meta.url)}";
  for (const isolation of ["worker", "inline"]) {
    await using internet = new Internet({ isolation });
    void internet.route();
    const server = await internet.newStack(1500, "10.0.0.1");
    const client = await internet.newStack(1500, "10.0.0.2");
    const listener = server.listenTCP("0.0.0.0:80");
    const conn = await client.dialTCP("10.0.0.1:80");
    conn.setDeadline(Date.now() + 3_600_000);
    conn.setKeepAlive();
    const udp = await client.dialUDP("10.0.0.1:53");
    // Calls that wait for ever, dials to nowhere, data that is not acknowledged.
    for (const call of [
      conn.read(new Uint8Array(1)), udp.read(new Uint8Array(1)), client.listenUDP("0.0.0.0:0").receive(),
      client.listenTCP("0.0.0.0:0").accept(), client.dialTCP("10.9.9.9:80"), conn.write(new Uint8Array(1e6)),
    ]) call.catch(() => {});
    internet.inFlight().next();
  }
  console.log("the end");
`;

scenario(
  "open sockets, pending calls and timers do not keep the process alive once the internet is closed",
  async () => {
    assertEquals(await runScript(OPEN_SOCKETS, ["-A"]), { code: 0, stdout: "the end\n", stderr: "" });
  },
);
