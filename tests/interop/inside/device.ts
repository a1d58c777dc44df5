// The TUN device itself: opening, configuring, closing it, and what it says when it may not.
// Some packets here are malformed on purpose.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fileURLToPath } from "node:url";
import { Internet, openTUN } from "../../../mod.ts";
import { run } from "../namespace.ts";

const ADDRESSES = ["10.9.0.254"];
const MODULE = new URL("../../../mod.ts", import.meta.url).href;

/** The name, the MTU and the flags of a device, as the kernel has them. */
async function device(name: string): Promise<{ name: string; mtu: number }> {
  const [{ ifname, mtu }] = JSON.parse(await run("ip", "-json", "link", "show", name));
  return { name: ifname, mtu };
}

async function exists(name: string): Promise<boolean> {
  return (await run("ip", "-json", "link")).includes(`"${name}"`);
}

function threads(): number {
  return Array.from(Deno.readDirSync("/proc/self/task")).length;
}

function codeOf(open: () => unknown): unknown {
  const error = assertThrows(open);
  assert(error instanceof Error && "code" in error, String(error));
  return error.code;
}

Deno.test("a device has the name and the MTU asked for, and is gone when closed", async () => {
  await using internet = new Internet();
  const tun = openTUN(internet, { addresses: ADDRESSES, name: "uis7", mtu: 1400 });
  assertEquals([tun.name, tun.vnic.mtu], ["uis7", 1400]);
  assertEquals(await device("uis7"), { name: "uis7", mtu: 1400 });
  tun.vnic.mtu = 1300;
  assertEquals(await device("uis7"), { name: "uis7", mtu: 1300 });
  await tun.close();
  await tun.close();
  await tun.closed;
  assertEquals(await exists("uis7"), false);
});

Deno.test("by default the kernel numbers the devices, with its MTU", async () => {
  await using internet = new Internet();
  await using first = openTUN(internet, { addresses: ADDRESSES });
  await using second = openTUN(internet, { addresses: [] });
  assertEquals([first.name, second.name, first.vnic.mtu], ["tun0", "tun1", 1500]);
});

Deno.test("closing the internet, or the NIC, closes the device", async () => {
  const internet = new Internet();
  const tun = openTUN(internet, { addresses: ADDRESSES, name: "uis7" });
  await internet.close();
  await tun.closed;
  await using other = new Internet();
  const again = openTUN(other, { addresses: ADDRESSES, name: "uis7" });
  again.vnic.close();
  await again.closed;
  assertEquals(await exists("uis7"), false);
});

Deno.test("a persistent device stays when closed, and keeps its MTU", async () => {
  await run("ip", "tuntap", "add", "dev", "uis8", "mode", "tun");
  await run("ip", "link", "set", "uis8", "mtu", "1350");
  await using internet = new Internet();
  {
    await using tun = openTUN(internet, { addresses: ADDRESSES, name: "uis8" });
    assertEquals(tun.vnic.mtu, 1350);
  }
  assertEquals(await exists("uis8"), true);
  await run("ip", "link", "delete", "uis8");
});

Deno.test("a device that is removed under way says so, and closes its NIC", async () => {
  await using internet = new Internet();
  const tun = openTUN(internet, { addresses: ADDRESSES, name: "uis7" });
  await run("ip", "link", "delete", "uis7");
  await assertRejects(() => tun.closed, Error, 'TUN device "uis7": File descriptor in bad state');
  await tun.vnic.wait();
  await tun.close();
});

Deno.test("a kernel whose side is down takes nothing, which is counted", async () => {
  await using internet = new Internet();
  await using tun = openTUN(internet, { addresses: ADDRESSES, name: "uis7" });
  const packet = new Uint8Array(20);
  packet.set([0x45, 0, 0, 20]);
  packet.set([10, 9, 0, 254], 16);
  assertEquals(internet.deliver({ packet }), false);
  await run("ip", "link", "set", "uis7", "up");
  assertEquals(internet.deliver({ packet }), true);
  assertEquals({ ...tun.stats, fromKernel: 0, dropped: 0, wakeUps: 0 }, {
    fromKernel: 0,
    toKernel: 1,
    dropped: 0,
    refused: 1,
    wakeUps: 0,
  });
  assertEquals(tun.vnic.stats.refused - tun.stats.dropped, 1);
});

Deno.test("refusals leave no device: bad options, a name in use, an address in use, an internet that is closed", async () => {
  const internet = new Internet();
  await using tun = openTUN(internet, { addresses: ADDRESSES, name: "uis7" });
  assertThrows(() => openTUN(internet, { addresses: [], name: "" }), TypeError, "name must have 1 to 15 bytes");
  assertThrows(() => openTUN(internet, { addresses: ["kernel"], name: "uis9" }), TypeError, "IP literal");
  assertThrows(() => openTUN(internet, { addresses: [], name: "uis9", mtu: 67 }), RangeError, "67");
  assertThrows(() => openTUN(internet, { addresses: ["2001:db8::1"], name: "uis9", mtu: 1279 }), RangeError, "1280");
  assertEquals(codeOf(() => openTUN(internet, { addresses: [], name: "uis7" })), "EBUSY");
  assertEquals(codeOf(() => openTUN(internet, { addresses: [], name: "lo" })), "EINVAL");
  assertEquals(codeOf(() => openTUN(internet, { addresses: ADDRESSES, name: "uis9" })), "EADDRINUSE");
  await tun.close();
  await internet.close();
  assertEquals(codeOf(() => openTUN(internet, { addresses: [], name: "uis9" })), "ENETDOWN");
  assertEquals(await exists("uis9"), false);
});

Deno.test("thirty devices, one after the other, leave no file and few threads", async () => {
  await using internet = new Internet();
  const open = () => openTUN(internet, { addresses: ADDRESSES, name: "uis7" });
  await open().close();
  const before = { files: Array.from(Deno.readDirSync("/proc/self/fd")).length, threads: threads() };
  for (let i = 0; i < 30; i++) await open().close();
  assertEquals(Array.from(Deno.readDirSync("/proc/self/fd")).length, before.files);
  assert(threads() <= before.threads + 4, `${threads()} threads, ${before.threads} before`);
});

/** Runs a program that opens a device, by way of `command`, and gives the code of the error that it gets. */
async function codeInProcess(...command: string[]): Promise<string> {
  const source = `import { Internet, openTUN } from ${JSON.stringify(MODULE)};
    try { openTUN(new Internet(), { addresses: [] }); } catch (error) { console.log(error.code, error.name); }`;
  const flags = ["--quiet", "--no-check", "--ext=ts"];
  return (await run(...command as [string], Deno.execPath(), "eval", ...flags, source)).trim();
}

Deno.test("without the right to it: EPERM", async () => {
  assertEquals(await codeInProcess("setpriv", "--bounding-set=-net_admin"), "EPERM PermissionDenied");
});

Deno.test("without /dev/net/tun: ENOENT", async () => {
  const hide = 'mount -t tmpfs none /dev/net && exec "$@"';
  assertEquals(await codeInProcess("unshare", "--mount", "sh", "-c", hide, "sh"), "ENOENT NotFound");
});

Deno.test("without --allow-ffi: NotCapable", async () => {
  const source = `import { Internet, openTUN } from ${JSON.stringify(MODULE)};
    try { openTUN(new Internet(), { addresses: [] }); } catch (error) { console.log(error.name); }`;
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, source);
    const read = `--allow-read=${fileURLToPath(new URL("../../../", import.meta.url))}`;
    const args = ["run", "--quiet", "--no-check", "--no-prompt", "--no-config", read, path];
    assertEquals((await run(Deno.execPath(), ...args)).trim(), "NotCapable");
  } finally {
    await Deno.remove(path);
  }
});
