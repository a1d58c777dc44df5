// Either end of a work over the kernel's loopback.
import { percentile } from "../../harness/statistics.ts";
import { Counter, echo, rateOf, roundTrips } from "../hosts.ts";
import { scope } from "./worker_scope.ts";

type Message = { serve: Work } | { measure: Work; port: number; seconds: number };
type Work = keyof typeof works;

const hostname = "127.0.0.1";

const works = {
  bulk: {
    serve: async (conn: Deno.Conn) => {
      const data = new Uint8Array(256 * 1024);
      for (;;) await conn.write(data);
    },
    measure: async (port: number, seconds: number) => {
      using conn = await Deno.connect({ hostname, port });
      const counter = new Counter();
      counter.stream({ write: () => new Promise(() => {}) } as unknown as Deno.Conn, conn);
      return await counter.rate(seconds);
    },
  },
  roundTrip: {
    serve: echo,
    measure: async (port: number, seconds: number) => {
      using conn = await Deno.connect({ hostname, port });
      conn.setNoDelay();
      return percentile(await roundTrips(conn, seconds), 0.5);
    },
  },
  connect: {
    serve: (conn: Deno.Conn) => Promise.resolve(conn.close()),
    measure: (port: number, seconds: number) =>
      rateOf(seconds, async () => (await Deno.connect({ hostname, port })).close()),
  },
};

scope.onmessage = async ({ data }: MessageEvent<Message>) => {
  if ("measure" in data) {
    scope.postMessage(await works[data.measure].measure(data.port, data.seconds));
    return;
  }
  const listener = Deno.listen({ hostname, port: 0 });
  scope.postMessage(listener.addr.port);
  for await (const conn of listener) {
    conn.setNoDelay();
    works[data.serve].serve(conn).catch(() => {}); // ends when the client goes
  }
};
