// S7: what keeps a process alive, each seen in a process of its own.
import { assertEquals } from "@std/assert";
import { scenario } from "../../scenarios/hosts.ts";
import { runScript } from "../../scenarios/subprocess.ts";
import { DENO } from "./platform.ts";

const MOD = new URL("../../../mod.ts", import.meta.url);

/** What a program begins with, to have `listen` and the others of a platform. */
const PRELUDES: Record<string, string> = {
  ...(DENO.deno && { deno: "const { connect, listen, listenDatagram } = Deno;" }),
  workers: simulated("worker"),
  inline: simulated("inline"),
};

function simulated(isolation: string): string {
  return `
    import { denoNet, Internet } from "${MOD}";
    const internet = new Internet({ isolation: "${isolation}" });
    const { connect, listen, listenDatagram } = denoNet(await internet.newStack(1500, "10.0.0.1"));
  `;
}

/** Speaks up if anything but itself keeps the process alive for so long. */
const WITNESS = `Deno.unrefTimer(setTimeout(() => (console.log("lives"), Deno.exit()), 500));`;

const SOCKETS = `
  const listener = listen({ port: 0 });
  const conn = await connect({ port: listener.addr.port });
  const accepted = await listener.accept();
  const socket = listenDatagram({ port: 0, transport: "udp" });
`;

const PENDING = `
  listener.accept().catch(() => {});
  conn.read(new Uint8Array(1)).catch(() => {});
  socket.receive().catch(() => {});
`;

const UNREF = "for (const each of [listener, conn, accepted, socket]) each.unref();";

const CLOSE = "for (const each of [listener, conn, accepted, socket]) each.close();";

type Fate = "ends" | "lives";

/** An open stack keeps the process alive: by its worker, or inline by its timers, such as that of TIME-WAIT. */
const FACTS: [name: string, program: string, is: Record<string, Fate>][] = [
  ["sockets that are idle", SOCKETS, { deno: "ends", workers: "lives", inline: "ends" }],
  ["calls that wait", SOCKETS + PENDING, { deno: "lives", workers: "lives", inline: "ends" }],
  ["calls that wait, unref'd", SOCKETS + UNREF + PENDING, { deno: "ends", workers: "lives", inline: "ends" }],
  ["sockets that are closed", SOCKETS + PENDING + CLOSE, { deno: "ends", workers: "lives", inline: "lives" }],
  ["an internet that is closed", SOCKETS + PENDING + "await internet.close();", { workers: "ends", inline: "ends" }],
];

for (const [name, program, is] of FACTS) {
  for (const [platform, prelude] of Object.entries(PRELUDES)) {
    const expected = is[platform];
    if (!expected) continue;
    scenario(`S7 ${name}: the process ${expected} (${platform})`, async () => {
      const { code, stdout, stderr } = await runScript(prelude + program + WITNESS, ["-A", "--unstable-net"]);
      assertEquals([code, stderr, stdout.trim() || "ends"], [0, "", expected]);
    });
  }
}
