/**
 * What can be set of Node's datagram sockets, and has no meaning on a stack.
 *
 * Main side.
 *
 * @module
 */
import { EventEmitter } from "node:events";
import { networkError } from "../errors.ts";
import { nodeError } from "./node_errors.ts";

/** What a socket may have waiting, in bytes, in either direction. */
const BUFFER_SIZE = 256 * 1024;

/**
 * The settings of a datagram socket. There is no multicast and no broadcast: memberships are refused, and what else is
 * set of them, of buffers and of hop limits has no effect.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { Internet } from "@uis/uis";
 * import { nodeDatagram } from "@uis/uis/node";
 *
 * await using internet = new Internet();
 * const socket = nodeDatagram(await internet.newStack(1500, "10.0.0.1")).createSocket("udp4");
 * socket.setBroadcast(true);
 * assertThrows(() => socket.addMembership("224.0.0.251"), Error, "EPROTOTYPE");
 * socket.close();
 * ```
 */
export class NodeDatagramSettings extends EventEmitter {
  /** Without effect: the stack keeps the process alive until it is closed. */
  ref(): this {
    return this;
  }

  /** Without effect: the stack keeps the process alive until it is closed. */
  unref(): this {
    return this;
  }

  /** What may wait to be received, in bytes. */
  getRecvBufferSize(): number {
    return BUFFER_SIZE;
  }

  /** What may wait to be sent, in bytes. */
  getSendBufferSize(): number {
    return BUFFER_SIZE;
  }

  /** Without effect. */
  setRecvBufferSize(_size: number): void {}

  /** Without effect. */
  setSendBufferSize(_size: number): void {}

  /** Without effect: there is no broadcast here. */
  setBroadcast(_flag: boolean): void {}

  /** Without effect. */
  setTTL(ttl: number): number {
    return ttl;
  }

  /** Without effect: there is no multicast here. */
  setMulticastTTL(ttl: number): number {
    return ttl;
  }

  /** Without effect: there is no multicast here. */
  setMulticastLoopback(flag: boolean): boolean {
    return flag;
  }

  /** Without effect: there is no multicast here. */
  setMulticastInterface(_address: string): void {}

  /** Throws an Error of code EPROTOTYPE: there is no multicast here. */
  addMembership(group: string): void {
    throw multicastError("addMembership", group);
  }

  /** As {@linkcode addMembership}. */
  dropMembership(group: string): void {
    throw multicastError("dropMembership", group);
  }

  /** As {@linkcode addMembership}. */
  addSourceSpecificMembership(_source: string, group: string): void {
    throw multicastError("addSourceSpecificMembership", group);
  }

  /** As {@linkcode addMembership}. */
  dropSourceSpecificMembership(_source: string, group: string): void {
    throw multicastError("dropSourceSpecificMembership", group);
  }
}

function multicastError(call: string, group: string): Error {
  return nodeError(networkError("not-supported", { operation: "join multicast group", address: String(group) }), call);
}
