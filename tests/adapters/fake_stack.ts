// A stack that only keeps what it was asked for.
import type { Stack } from "../../stack/stack.ts";
import type { DatagramConn } from "../../adapters/datagram_conn.ts";
import type { TCPConn } from "../../adapters/tcp_conn.ts";
import type { TCPListener } from "../../adapters/tcp_listener.ts";
import type { UDPConn } from "../../adapters/udp_conn.ts";
import { datagrams, listener, tcp, udp } from "./fakes.ts";

export class FakeStack {
  calls: string[] = [];
  signals: (AbortSignal | undefined)[] = [];
  backlogs: (number | undefined)[] = [];
  readonly conn: TCPConn = tcp().conn;
  readonly udpConn: UDPConn = udp().conn;
  readonly listener: TCPListener = listener().listener;
  readonly socket: DatagramConn = datagrams().conn;
  /** Runs while a dial is under way. */
  duringDial: () => void = () => {};

  dialTCP(address: string, options?: { signal?: AbortSignal }): Promise<TCPConn> {
    this.calls.push(`dialTCP ${address}`);
    this.signals.push(options?.signal);
    return Promise.resolve(this.conn);
  }

  dialUDP(address: string): Promise<UDPConn> {
    this.calls.push(`dialUDP ${address}`);
    this.duringDial();
    return Promise.resolve(this.udpConn);
  }

  listenTCP(address: string, options?: { backlog?: number }): TCPListener {
    this.calls.push(`listenTCP ${address}`);
    this.backlogs.push(options?.backlog);
    return this.listener;
  }

  listenUDP(address: string): DatagramConn {
    this.calls.push(`listenUDP ${address}`);
    return this.socket;
  }

  /** For the parameters that want a stack. */
  asStack(): Stack {
    return this as unknown as Stack;
  }
}
