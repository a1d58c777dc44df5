/**
 * Names inside a simulated internet.
 *
 * Main side.
 *
 * @module
 */
import { parseHost } from "../address_text.ts";

/**
 * The names that somebody gave addresses to. Nobody else is asked, so that no name leads out of the simulated internet.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { HostTable } from "./host_table.ts";
 *
 * const table = new HostTable({ "www.example": "10.0.0.1" });
 * assertEquals(table.lookUp("WWW.example."), "10.0.0.1");
 * assertEquals(table.lookUp("2001:DB8::1"), "2001:db8::1");
 * assertThrows(() => table.lookUp("example.com"), Deno.errors.NotFound, '"example.com"');
 * ```
 */
export class HostTable {
  readonly #addresses: Map<string, string>;

  /**
   * @param hosts IP literals by name
   * @throws {TypeError} when an address is no IP literal
   */
  constructor(hosts: Record<string, string>) {
    this.#addresses = new Map([["localhost", "127.0.0.1"]]);
    for (const [name, literal] of Object.entries(hosts)) {
      const address = parseHost(String(literal));
      if ("problem" in address) {
        throw new TypeError(`Cannot use ${JSON.stringify(literal)} for host "${name}": it must be ${address.problem}`);
      }
      this.#addresses.set(canonical(name), address.text);
    }
  }

  /**
   * The address of a name, or of an IP literal.
   *
   * @throws {Deno.errors.NotFound} when the name has none, code ENOTFOUND
   */
  lookUp(host: string): string {
    const literal = parseHost(host);
    const address = "text" in literal ? literal.text : this.#addresses.get(canonical(host));
    if (address !== undefined) return address;
    const known = [...this.#addresses.keys()].join(", ");
    const message = `Cannot look up host ${JSON.stringify(host)}: the names in this internet are ${known}`;
    throw Object.assign(new Deno.errors.NotFound(message), { code: "ENOTFOUND" });
  }
}

/** Names are compared without regard to case (RFC 4343), and with or without the root's dot at the end. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
