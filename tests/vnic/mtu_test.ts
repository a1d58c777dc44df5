import { assertEquals, assertThrows } from "@std/assert";
import { MTU_ETHERNET, MTU_JUMBO, MTU_MINIMUM_IPV6, VNIC } from "../../vnic/mod.ts";

const network = { sendFrame: () => true };

Deno.test("the constants are those of the standards", () => {
  assertEquals([MTU_MINIMUM_IPV6, MTU_ETHERNET, MTU_JUMBO], [1280, 1500, 9000]);
});

Deno.test("an MTU is an integer from 68 to 65535", () => {
  for (const mtu of [68, MTU_MINIMUM_IPV6, 65535]) assertEquals(new VNIC(mtu, network).mtu, mtu);
  for (const mtu of [67, 0, -1500, 65536, 1500.5, NaN, Infinity]) {
    assertThrows(() => new VNIC(mtu, network), RangeError, `MTU ${mtu} must be`);
  }
  assertThrows(() => new VNIC("1500" as unknown as number, network), RangeError, "MTU 1500");
});

Deno.test("a bad MTU leaves the old one", () => {
  const vnic = new VNIC(MTU_ETHERNET, network);
  assertThrows(() => vnic.mtu = 67, RangeError, "MTU 67");
  assertEquals(vnic.mtu, MTU_ETHERNET);
});
