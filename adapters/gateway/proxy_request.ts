/**
 * What a client asks of a proxy, in whichever protocol.
 *
 * Main side.
 *
 * @module
 */

/** Where a client wants to go, and how it is told what becomes of that. */
export interface ProxyRequest {
  /** A name or an IP literal. */
  host: string;
  /** 1 to 65535. */
  port: number;
  /** The answer when the connection stands; `local` is its address on this side. */
  accepted(local: Deno.NetAddr): Uint8Array;
  /** The answer when it does not. */
  refused(error: unknown): Uint8Array;
}

/**
 * A client that asked for what it cannot get, or in words that nobody understands.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ProxyRefusal } from "./proxy_request.ts";
 *
 * assertEquals(new ProxyRefusal(Uint8Array.of(5, 0xff)).answer.length, 2);
 * ```
 */
export class ProxyRefusal extends Error {
  /** What to tell it. */
  readonly answer: Uint8Array;

  constructor(answer: Uint8Array) {
    super("The proxy's client asked for what it cannot get");
    this.answer = answer;
  }
}
