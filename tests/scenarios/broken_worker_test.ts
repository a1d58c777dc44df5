// Workers that throw, that do not answer, that may not be started.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Internet, Stack } from "../../mod.ts";
import { liveWorkers } from "../harness/preload.ts";
import * as failure from "./failures.ts";
import { later, rejects, throws } from "./failures.ts";
import { assertTalks, CLIENT, connect, connectTo, Network, scenario, SERVER } from "./hosts.ts";
import { fixture, OtherWorkers } from "./other_workers.ts";
import { runScript } from "./subprocess.ts";

const DEAD = "The stack's worker died: ";

scenario("a worker that throws at once: Stack.create rejects, and nothing is left", async () => {
  await using internet = new Internet();
  {
    using _ = new OtherWorkers(fixture("broken_worker.ts"));
    const error = await assertRejects(() => internet.newStack(1500, SERVER), Error, DEAD);
    assertStringIncludes(error.message, "broken from the start");
    const vnic = internet.newVNIC(1500);
    await assertRejects(() => Stack.create(vnic, SERVER), Error, "broken from the start");
    assertEquals(vnic.isAttached, false);
    assertEquals(liveWorkers(), 0);
  }
  const stack = await internet.newStack(1500, SERVER);
  using pair = await connect(stack, stack);
  await assertTalks(pair);
});

scenario("a worker whose module does not exist: Stack.create rejects", async () => {
  await using internet = new Internet();
  using _ = new OtherWorkers(fixture("no_such_worker.ts"));
  await assertRejects(() => internet.newStack(1500, SERVER), Error, DEAD);
  assertEquals(liveWorkers(), 0);
});

for (const turns of [0, 1, 2, 5, 20]) {
  scenario(`a worker that throws after ${turns} turns: its sockets reject, the others go on`, async () => {
    await using internet = new Internet();
    const routing = internet.route();
    const server = await internet.newStack(1500, SERVER);
    const other = await internet.newStack(1500, "10.0.0.3");
    using listener = server.listenTCP(`${SERVER}:80`);
    using fine = await connectTo(other, listener, `${SERVER}:80`);
    let client: Stack;
    {
      using _ = new OtherWorkers(fixture("failing_worker.ts"), { turns });
      client = await internet.newStack(1500, CLIENT);
    }
    const error = await assertRejects(async () => {
      for (;;) (await client.dialTCP(`${SERVER}:80`)).close();
    });
    // Of a dial under way, or of one after the end.
    const code = Reflect.get(error as object, "code");
    assert(code === "ECONNABORTED" || code === "ENETDOWN", `${error}`);
    await assertRejects(() => client.closed, Error, "no more turns");
    throws(() => client.listenTCP(`${CLIENT}:80`), failure.NET_DOWN);
    await assertTalks(fine);
    await client.close();
    await assertRejects(() => client.closed, Error, "no more turns");
    const next = await internet.newStack(1500, CLIENT);
    using pair = await connect(next, server, `${SERVER}:81`);
    await assertTalks(pair);
    await internet.close();
    await routing;
  });
}

scenario("a worker that throws when it is told to stop: close() ends all the same", async () => {
  using _ = new OtherWorkers(fixture("failing_worker.ts"), { turns: 0 });
  const internet = new Internet();
  const stacks = await Promise.all([SERVER, CLIENT].map((address) => internet.newStack(1500, address)));
  await stacks[0].close();
  await stacks[0].closed;
  await internet.close();
  await stacks[1].closed;
  assertEquals(liveWorkers(), 0);
});

scenario("a worker that spins for a minute: close() ends, its calls reject at once, the others go on", async () => {
  await using net = await Network.create("worker");
  using pair = await connect(net.client, net.server);
  let spinning: Stack;
  {
    using _ = new OtherWorkers(fixture("busy_worker.ts"), { spin: 60_000, turns: 1 });
    spinning = await net.internet.newStack(1500, "10.0.0.3");
  }
  using listener = spinning.listenTCP("10.0.0.3:80");
  const accepting = later(listener.accept());
  const dialling = later(spinning.dialTCP(`${SERVER}:80`));
  const incoming = later(net.client.dialTCP("10.0.0.3:80"));
  await assertTalks(pair);
  const closing = spinning.close();
  await rejects(accepting, failure.ABORTED);
  await rejects(dialling, failure.ABORTED);
  await assertTalks(pair);
  await closing;
  await spinning.closed;
  await assertTalks(pair);
  // Nobody answered the dial to it. One that still repeats its SYN would be refused by the address's next host.
  await net.client.close();
  await rejects(incoming, failure.ABORTED);
  using next = await connect(net.server, await net.internet.newStack(1500, "10.0.0.3"), "10.0.0.3:81");
  await assertTalks(next);
});

scenario("a worker that spins and then goes on: nothing is lost", async () => {
  using _ = new OtherWorkers(fixture("busy_worker.ts"), { spin: 300, turns: 3 });
  await using net = await Network.create("worker");
  using pair = await connect(net.client, net.server);
  await assertTalks(pair);
});

const UNREADABLE = `
  import { Internet } from "${new URL("../../mod.ts", import.meta.url)}";
  const internet = new Internet();
  try {
    await internet.newStack(1500, "10.0.0.1");
  } catch (error) {
    console.log(error.name, error instanceof Deno.errors.NotCapable, error.message);
  }
  await internet.close();
  const inline = new Internet({ isolation: "inline" });
  const stack = await inline.newStack(1500, "10.0.0.1");
  console.log(stack.addresses.join());
  await inline.close();
`;

scenario(
  "a worker whose module may not be read: NotCapable, as Deno says it, and inline stacks do without",
  async () => {
    const { code, stdout, stderr } = await runScript(UNREADABLE, ["--no-prompt", "--deny-read"]);
    assertEquals([code, stderr], [0, ""]);
    const [first, second] = stdout.split("\n");
    assertStringIncludes(first, "NotCapable true ");
    assertStringIncludes(first, "read access");
    assertStringIncludes(first, "--allow-read");
    assertEquals(second, "10.0.0.1");
  },
);
