import { assertEquals, assertMatch } from "@std/assert";
import plugin from "./arrows.ts";

/** The rules that object to `source` as the content of `file`. */
function objections(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map((diagnostic) => diagnostic.id);
}

const ALLOWED: [string, string][] = [
  ["stack/wire/tcp.ts", "./checksum.ts"],
  ["stack/wire/ip.ts", "./ip_address.ts"],
  ["stack/engine/engine.ts", "../wire/tcp.ts"],
  ["stack/engine/address.ts", "../wire/ip_address.ts"],
  ["stack/engine/tcp/open.ts", "../seq.ts"],
  ["stack/engine/tcp/open.ts", "../../wire/tcp.ts"],
  ["stack/driver.ts", "./engine/engine.ts"],
  ["stack/driver.ts", "./messages.ts"],
  ["stack/driver.ts", "../vnic/batch.ts"],
  ["stack/stack.ts", "../adapters/tcp_conn.ts"],
  ["stack/remote_socket.ts", "../adapters/errors.ts"],
  ["vnic/vnic.ts", "./batch.ts"],
  ["internet/internet.ts", "../stack/stack.ts"],
  ["internet/internet.ts", "../stack/wire/ip.ts"],
  ["internet/inflight_queue.ts", "../stack/engine/deque.ts"],
  ["adapters/connection_reader.ts", "../stack/engine/deque.ts"],
  ["stack/engine/engine.ts", "./deque.ts"],
  ["internet/internet.ts", "../pcap/pcap_trace.ts"],
  ["internet/internet.ts", "../vnic/vnic.ts"],
  ["pcap/pcap_trace.ts", "./format.ts"],
  ["pcap/pcap_trace.ts", "../stack/real_time.ts"],
  ["stack/driver.ts", "./real_time.ts"],
  ["adapters/tcp_conn.ts", "../stack/remote_socket.ts"],
  ["adapters/errors.ts", "../stack/messages.ts"],
  ["adapters/udp_conn.ts", "../stack/wire/ip_address.ts"],
  ["adapters/udp_conn.ts", "./deadlines.ts"],
  ["adapters/tcp_conn.ts", "./conn_streams.ts"],
  ["adapters/mod.ts", "./deno_net.ts"],
  ["adapters/connector.ts", "../stack/stack.ts"],
  ["adapters/deno_net.ts", "./tcp_conn.ts"],
  ["adapters/mod.ts", "./tun.ts"],
  ["adapters/tun.ts", "./tun_device.ts"],
  ["adapters/tun.ts", "../internet/internet.ts"],
  ["adapters/tun.ts", "../vnic/vnic.ts"],
  ["adapters/tun.ts", "../stack/options.ts"],
  ["adapters/testing/test_internet.ts", "../../internet/mod.ts"],
  ["adapters/testing/delay_line.ts", "../../stack/real_time.ts"],
  ["adapters/node.ts", "./node/net.ts"],
  ["adapters/node/net.ts", "node:net"],
  ["adapters/node/net.ts", "../../stack/stack.ts"],
  ["adapters/node/socket.ts", "../tcp_conn.ts"],
  ["adapters/mod.ts", "./gateway/expose.ts"],
  ["adapters/gateway/expose.ts", "../../stack/stack.ts"],
  ["adapters/gateway/expose.ts", "../address_text.ts"],
  ["adapters/gateway/end.ts", "node:net"],
  ["adapters/http/http_engine.ts", "node:http"],
  ["adapters/http/http_engine.ts", "../node/duplex.ts"],
  ["adapters/http/stack_fetch.ts", "../gateway/proxy.ts"],
  ["mod.ts", "./stack/stack.ts"],
  ["examples/udp_echo_ipv4.ts", "../mod.ts"],
  ["examples/helpers/certificate.ts", "node:crypto"],
  ["tests/engine/tcp_test.ts", "../../stack/engine/engine.ts"],
  ["tests/engine/tcp_test.ts", "@std/assert"],
  ["tests/engine/tcp_test.ts", "node:path"],
];

const FORBIDDEN: [string, string][] = [
  ["stack/wire/tcp.ts", "../engine/seq.ts"],
  ["stack/wire/tcp.ts", "../messages.ts"],
  ["stack/engine/engine.ts", "../driver.ts"],
  ["stack/engine/engine.ts", "../messages.ts"],
  ["stack/engine/engine.ts", "../../vnic/batch.ts"],
  ["stack/engine/tcp/open.ts", "../../../internet/internet.ts"],
  ["stack/stack.ts", "../adapters/connector.ts"],
  ["stack/stack.ts", "../internet/internet.ts"],
  ["stack/stack.ts", "../pcap/format.ts"],
  ["stack/stack.ts", "../mod.ts"],
  ["vnic/vnic.ts", "../stack/stack.ts"],
  ["vnic/vnic.ts", "../stack/wire/ip.ts"],
  ["pcap/format.ts", "../vnic/vnic.ts"],
  ["stack/engine/engine.ts", "../real_time.ts"],
  ["adapters/deadlines.ts", "../stack/real_time.ts"],
  ["internet/internet.ts", "../stack/engine/engine.ts"],
  ["internet/internet.ts", "../adapters/connector.ts"],
  ["adapters/tcp_conn.ts", "../stack/stack.ts"],
  ["adapters/tcp_conn.ts", "../stack/wire/tcp.ts"],
  ["adapters/tcp_conn.ts", "./connector.ts"],
  ["adapters/conn_streams.ts", "../stack/stack.ts"],
  ["stack/stack.ts", "../adapters/mod.ts"],
  ["adapters/connector.ts", "../internet/internet.ts"],
  ["adapters/connector.ts", "../stack/engine/engine.ts"],
  ["adapters/tcp_conn.ts", "./tun.ts"],
  ["adapters/tun_device.ts", "../stack/engine/engine.ts"],
  ["stack/stack.ts", "../adapters/tun.ts"],
  ["internet/internet.ts", "../adapters/tun.ts"],
  ["internet/internet.ts", "../adapters/testing/seeded.ts"],
  ["adapters/testing/test_internet.ts", "../../stack/engine/engine.ts"],
  ["adapters/node/net.ts", "npm:undici"],
  ["adapters/node/net.ts", "../connector.ts"],
  ["adapters/mod.ts", "node:net"],
  ["adapters/tcp_conn.ts", "./node/socket.ts"],
  ["stack/stack.ts", "../adapters/node.ts"],
  ["adapters/tcp_conn.ts", "./gateway/end.ts"],
  ["adapters/tcp_conn.ts", "node:net"],
  ["adapters/gateway/expose.ts", "../../internet/internet.ts"],
  ["adapters/gateway/end.ts", "npm:ws"],
  ["adapters/gateway/proxy.ts", "../http/stack_fetch.ts"],
  ["adapters/http/serve_http.ts", "npm:ws"],
  ["stack/stack.ts", "../adapters/gateway/end.ts"],
  ["mod.ts", "./tests/harness/pair.ts"],
  ["mod.ts", "./examples/udp_echo_ipv4.ts"],
  ["stack/stack.ts", "../../elsewhere/file.ts"],
  ["stack/stack.ts", "@std/assert"],
  ["stack/stack.ts", "node:net"],
  ["stack/stack.ts", "https://example.com/mod.ts"],
  ["stack/stack.ts", "jsr:@std/async"],
  ["examples/udp_echo_ipv4.ts", "@std/async"],
  ["examples/udp_echo_ipv4.ts", "@uis/uis"],
];

const WAYS: [string, (specifier: string) => string][] = [
  ["import", (name) => `import { x } from "${name}";`],
  ["import type", (name) => `import type { x } from "${name}";`],
  ["import for effect", (name) => `import "${name}";`],
  ["export from", (name) => `export { x } from "${name}";`],
  ["export type from", (name) => `export type { x } from "${name}";`],
  ["export all", (name) => `export * from "${name}";`],
  ["export namespace", (name) => `export * as x from "${name}";`],
  ["dynamic import", (name) => `const x = await import("${name}");`],
  ["dynamic import of a template", (name) => `const x = await import(\`${name}\`);`],
  ["type of an import", (name) => `type X = import("${name}").X;`],
];

Deno.test("allowed arrows pass", () => {
  for (const [file, specifier] of ALLOWED) {
    for (const [way, write] of WAYS) {
      assertEquals(objections(file, write(specifier)), [], `${file}: ${way} ${specifier}`);
    }
  }
});

Deno.test("forbidden arrows are reported, in every way of importing", () => {
  for (const [file, specifier] of FORBIDDEN) {
    for (const [way, write] of WAYS) {
      assertEquals(objections(file, write(specifier)), ["uis/arrows"], `${file}: ${way} ${specifier}`);
    }
  }
});

Deno.test("a computed import is reported in the library, not in tests", () => {
  const source = 'const name = "./x.ts"; await import(name); await import(`./${name}`);';
  assertEquals(objections("stack/stack.ts", source), ["uis/arrows", "uis/arrows"]);
  assertEquals(objections("tests/run.ts", source), []);
});

Deno.test("absolute file names, as deno lint passes them, are in the same zones", () => {
  const file = decodeURIComponent(new URL("../../vnic/vnic.ts", import.meta.url).pathname);
  assertEquals(objections(file.replace(/^\/(?=[A-Z]:)/, ""), 'import "../stack/stack.ts";'), ["uis/arrows"]);
});

Deno.test("the message names the import and what is allowed", () => {
  const [diagnostic] = Deno.lint.runPlugin(plugin, "stack/engine/engine.ts", 'import "../driver.ts";');
  assertMatch(diagnostic.message, /^Cannot import "\.\.\/driver\.ts": stack\/engine may import stack\/wire/);
});

const IMPURE = [
  "Date.now();",
  'Date["now"]();',
  "new Date();",
  "const { now } = Date;",
  "performance.now();",
  "const clock = performance;",
  "const clock = { performance };",
  "globalThis.performance.now();",
  "Math.random();",
  'Math["random"]();',
  "const f = Math.random;",
  "const { random } = Math;",
  "const m = Math;",
  "const name = 'random'; Math[name]();",
];

const PURE = [
  "Math.max(1, 2); Math['min'](1, 2);",
  "const o = { performance: 1, Date: 2 }; o.performance; o.Date;",
  "random.next(); config.random();",
  "interface Times { performance: number; Date: number }",
];

Deno.test("clock and chance are reported in wire and engine", () => {
  for (const source of IMPURE) {
    for (
      const file of [
        "stack/engine/engine.ts",
        "stack/engine/tcp/rtt.ts",
        "stack/wire/ip.ts",
        "stack/wire/ip_address.ts",
      ]
    ) {
      assertEquals(objections(file, source), ["uis/pure"], `${file}: ${source}`);
    }
    assertEquals(objections("adapters/tcp_conn.ts", source), [], source);
    assertEquals(objections("tests/engine/rtt_test.ts", source), [], source);
  }
});

Deno.test("what only looks like them is not reported", () => {
  for (const source of PURE) assertEquals(objections("stack/engine/engine.ts", source), [], source);
});

const FAKEABLE = [
  "setTimeout(() => {}, 1);",
  "const timer = clearTimeout;",
  "setImmediate(() => {});",
  "queueMicrotask(() => {});",
  "Date.now();",
  "performance.now();",
];

Deno.test("what tests fake is reported where packets are, unless it is imported", () => {
  for (const source of FAKEABLE) {
    for (
      const file of ["stack/driver.ts", "pcap/pcap_trace.ts", "internet/internet.ts", "adapters/testing/delay_line.ts"]
    ) {
      assertEquals(objections(file, source), ["uis/realTime"], `${file}: ${source}`);
    }
    for (const file of ["adapters/deadlines.ts", "stack/real_time.ts", "tests/run.ts"]) {
      assertEquals(objections(file, source), [], `${file}: ${source}`);
    }
  }
  const imported =
    'import { setTimeout } from "./real_time.ts"; setTimeout(() => {}, 1); let timer: typeof setTimeout;';
  assertEquals(objections("stack/driver.ts", imported), []);
  assertEquals(objections("stack/driver.ts", "loop.setTimeout(); const clock = { performance: 1 }; let at: Date;"), []);
});
