// Identifications of fragments (RFC 6864, RFC 7739).
import { assert, assertEquals } from "@std/assert";
import { Identifications } from "../../stack/engine/identification.ts";
import { seeded } from "../harness/seeded.ts";

Deno.test("N3 all identifications are used before one comes again, in another order each time", () => {
  const orders = [1, 2].map((seed) => {
    const identifications = new Identifications(seeded(seed));
    return Array.from({ length: 0x10000 }, () => identifications.next());
  });
  for (const order of orders) {
    assertEquals(new Set(order).size, 0x10000);
    assert(order.every((id) => id >= 0 && id <= 0xffff));
    const steps = order.slice(1).map((id, i) => id - order[i]);
    assert(new Set(steps).size > 10_000);
  }
  const same = orders[0].filter((id, i) => id === orders[1][i]).length;
  assert(same < 20, `${same} are at the same place`);
});
