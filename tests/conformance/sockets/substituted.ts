// The test file that is named behind `--`, with the sockets of a simulated host in place of Deno's own.
import { pathToFileURL } from "node:url";
import { denoNet, Internet } from "../../../mod.ts";

// In a worker, so that its timers are none of the tests' own.
const internet = new Internet({ isolation: "worker" });
Object.assign(Deno, denoNet(await internet.newStack(1500, "10.0.0.1", "2001:db8::1")));
await import(pathToFileURL(Deno.args[0]).href);
