// A few of the runs that `deno task figures` makes of every seed.
// Some packets here are malformed on purpose.
import { runIntegrity } from "./integrity.ts";

for (const family of [4, 6] as const) {
  for (const mtu of [1280, 9000]) {
    for (const seed of [1, 2]) {
      Deno.test(`8 MiB both ways over a bad link have their hash: IPv${family}, MTU ${mtu}, seed ${seed}`, () => {
        runIntegrity({ family, mtu, seed, bytes: 8 * 1024 * 1024 });
      });
    }
  }
}
