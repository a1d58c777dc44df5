// What is open on a stack whose worker dies.
import { assertRejects } from "@std/assert";
import { expose, Internet, proxy, reach, serveHttp, type Stack } from "../../mod.ts";
import { CLIENT, scenario } from "../scenarios/hosts.ts";
import { fixture, OtherWorkers } from "../scenarios/other_workers.ts";

scenario("gateways and servers end when their stack's worker dies, and free their ports", async () => {
  await using internet = new Internet();
  void internet.route();
  let stack: Stack;
  {
    using _ = new OtherWorkers(fixture("failing_worker.ts"), { turns: 20 });
    stack = await internet.newStack(1500, CLIENT);
  }
  const into = await expose(stack, `${CLIENT}:80`, { to: { port: 0 } });
  const out = await reach(stack, `${CLIENT}:81`, { to: { port: 1 } });
  const entrance = await proxy(stack);
  const server = serveHttp(stack.listenTCP(`${CLIENT}:80`), () => new Response());
  using _through = await Deno.connect(into.addr);
  await assertRejects(async () => {
    for (;;) (await stack.dialTCP(`${CLIENT}:80`)).close();
  });
  await server.finished;
  await Promise.all([into.close(), out.close(), entrance.close()]);
  Deno.listen(into.addr).close();
  Deno.listen(entrance.addr).close();
});
