// Where a program's sockets come from: Deno's own over the machine's loopback, or those of simulated hosts.
import { denoNet, type Stack } from "../../../mod.ts";
import { Network, SERVER, SERVER6 } from "../../scenarios/hosts.ts";

/** What a program opens sockets with. */
export type Net = Pick<typeof Deno, "connect" | "listen" | "listenDatagram">;

/** A host, and where others reach it. */
export interface Host extends Net {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** A client and a server; they may be one host. */
export interface Platform extends AsyncDisposable {
  readonly client: Host;
  readonly server: Host;
}

const LOOPBACK = { ipv4: "127.0.0.1", ipv6: "::1" };

function deno(): Promise<Platform> {
  const { connect, listen, listenDatagram } = Deno;
  const machine = { connect, listen, listenDatagram, ...LOOPBACK };
  return Promise.resolve({ client: machine, server: machine, [Symbol.asyncDispose]: () => Promise.resolve() });
}

function host(stack: Stack, addresses: typeof LOOPBACK): Host {
  return { ...denoNet(stack), ...addresses };
}

async function simulated(isolation: "worker" | "inline"): Promise<Platform> {
  const network = await Network.create(isolation);
  return {
    client: host(network.client, LOOPBACK),
    server: host(network.server, { ipv4: SERVER, ipv6: SERVER6 }),
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
}

/** One simulated host by itself, as Deno's own sockets over the loopback are. */
async function alone(): Promise<Platform> {
  const network = await Network.create("inline");
  const only = host(network.server, LOOPBACK);
  return { client: only, server: only, [Symbol.asyncDispose]: () => network[Symbol.asyncDispose]() };
}

/** The simulated platforms, by name. */
export const OURS: Record<string, () => Promise<Platform>> = {
  "workers": () => simulated("worker"),
  "inline": () => simulated("inline"),
  "one host": alone,
};

/** Deno's own, by name; none where the machine is no Linux, whose errors the facts quote. */
export const DENO: Record<string, () => Promise<Platform>> = Deno.build.os === "linux" ? { deno } : {};

if (Deno.build.os !== "linux") {
  console.log(`Deno's own sockets are not compared with on ${Deno.build.os}: the facts quote the errors of Linux`);
}
