/**
 * The kinds of hosts that are attacked.
 *
 * @module
 */
import type { EngineConfig } from "../../stack/engine/engine.ts";

/** What an engine is told, besides addresses and randomness. */
export type Profile = Pick<EngineConfig, "mtu" | "tcp" | "limits">;

const KIB = 1024;

/** By the name that a regression's file carries. */
export const PROFILES: Readonly<Record<string, Profile>> = {
  /** As a stack is when nothing is said. */
  default: { mtu: 1500 },
  /** Every limit is near. */
  tight: {
    mtu: 1500,
    limits: {
      ...{ connections: 24, backlog: 4, synQueue: 6, udpQueue: 4 * KIB, reassembly: 64 * KIB, icmpRate: 10_000 },
      ...{ receiveMemory: 64 * KIB, sendMemory: 512 * KIB },
    },
    tcp: { timeWait: 2000, sendBuffer: { max: 64 * KIB }, receiveBuffer: { max: 64 * KIB } },
  },
  /** TCP without options, as it was. */
  plain: {
    mtu: 1500,
    limits: { icmpRate: 1_000_000 },
    tcp: {
      ...{ sack: false, timestamps: false, windowScaling: false, rack: false },
      ...{ congestion: "newreno", noDelay: false, delayedAck: 0 },
    },
  },
  /** The least MTU of IPv6, and losses found by counting. */
  narrow: { mtu: 1280, limits: { icmpRate: 1_000_000 }, tcp: { rack: false, timestamps: false } },
  /** Large packets, marks, and questions to silent peers. */
  jumbo: {
    mtu: 9000,
    limits: { icmpRate: 1_000_000 },
    tcp: { ecn: true, keepAlive: { idle: 5000, interval: 1000, count: 9 } },
  },
};
