// Every example as a test: what it prints, and the pcap that it leaves.
import { assertEquals, assertGreater, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { LINKTYPE_RAW, MTU_JUMBO, type PCAPFile, readPCAP } from "../../mod.ts";
import { checkPCAP, countPackets, reorderings, requireTshark, retransmissions } from "../harness/tshark.ts";
import { EXAMPLES, ROOT, type Run, runDeno, runExample, temporaryFolder } from "./run_example.ts";

const MAX_LINES = 60;

/** Reads a pcap, and has tshark, where there is one, find neither fault nor loss in it. */
async function readLossless(path: string): Promise<PCAPFile> {
  const pcap = readPCAP(await Deno.readFile(path));
  if (await requireTshark()) {
    assertEquals(await checkPCAP(path), []);
    assertEquals(await countPackets(path), pcap.packets.length);
    assertEquals({ again: await retransmissions(path), late: await reorderings(path) }, { again: 0, late: 0 });
  }
  return pcap;
}

Deno.test("each example is shorter than 60 lines and imports only this library", async () => {
  for await (const { name, isFile } of Deno.readDir(EXAMPLES)) {
    if (!isFile) continue; // what several of them need
    const text = await Deno.readTextFile(new URL(name, EXAMPLES));
    assertLess(text.trimEnd().split("\n").length, MAX_LINES, name);
    for (const [, specifier] of text.matchAll(/ from "(.+?)"/g)) assertMatch(specifier, /^\.\.\/|^\.\/helpers\//, name);
  }
});

Deno.test("tcp_download_ipv4 prints the text and leaves a trace from handshake to both FINs", async () => {
  await using folder = await temporaryFolder();
  assertEquals(await runExample(folder.path, "tcp_download_ipv4.ts"), ["Hello, world!"]);
  const { snapLen, linkType, packets } = await readLossless(`${folder.path}/tcpDownloadIPv4.pcap`);
  assertEquals({ snapLen, linkType }, { snapLen: MTU_JUMBO, linkType: LINKTYPE_RAW });

  const [FIN, SYN, RST] = [1, 2, 4];
  const flags = packets.map(({ bytes }) => bytes[(bytes[0] & 0x0f) * 4 + 13]);
  assertEquals(flags.slice(0, 3).map((bits) => (bits & SYN) !== 0), [true, true, false]);
  assertEquals(flags.filter((bits) => bits & FIN).length, 2);
  assertEquals(flags.filter((bits) => bits & RST).length, 0);
  assertEquals(flags.at(-1)! & FIN, 0, "the last FIN is acknowledged");
});

for (const version of [4, 6]) {
  Deno.test(`udp_echo_ipv${version} prints the text and leaves a trace of two datagrams`, async () => {
    await using folder = await temporaryFolder();
    const text = `Hello, IPv${version}!`;
    assertEquals(await runExample(folder.path, `udp_echo_ipv${version}.ts`), [text]);
    const { packets } = await readLossless(`${folder.path}/udpEchoIPv${version}.pcap`);
    assertEquals(packets.map(({ bytes }) => bytes[0] >> 4), [version, version]);
    const headers = version === 4 ? 28 : 48;
    assertEquals(packets.map(({ bytes }) => new TextDecoder().decode(bytes.subarray(headers))), [text, text]);
  });
}

Deno.test("drop_packets loses every third data packet and no byte", async () => {
  await using folder = await temporaryFolder();
  const [bytes, packets, ...rest] = await runExample(folder.path, "drop_packets.ts");
  assertEquals(bytes, "65536 of 65536 bytes arrived, SHA-256 equal");
  const [, dropped, sent] = /^(\d+) of (\d+) data packets dropped$/.exec(packets)?.map(Number) ?? [];
  assertEquals(dropped, Math.floor(sent / 3));
  assertEquals(rest, []);
});

Deno.test("router reports what is too large, and the download goes on in smaller packets, IPv4 and IPv6", async () => {
  await using folder = await temporaryFolder();
  const lines = await runExample(folder.path, "router.ts");
  const data = (ends: string, length: number) =>
    `${ends}.port: Flags [.], seq N, ack N, win 2048, options [nop,nop,TS val N ecr N], length ${length}`;
  const expected = [
    [
      "IP 10.0.0.1.80 > 10.0.0.2",
      "10.0.0.254 > 10.0.0.1: ICMP 10.0.0.2 unreachable - need to frag (mtu 1280), length 556",
    ],
    ["IP6 2001:db8::1.80 > 2001:db8::2", "2001:db8::fe > 2001:db8::1: ICMP6, packet too big, mtu 1280, length 1240"],
  ].flatMap(([ends, report], i) => [
    `too large: ${data(ends, i === 0 ? 1448 : 1428)}`,
    `report: ${ends.split(" ")[0]} ${report} (about ${data(ends, i === 0 ? 1448 : 1428)})`,
    `fits: ${data(ends, i === 0 ? 1228 : 1208)}`,
    "100000 of 100000 bytes arrived",
  ]);
  const settled = lines.map((line) =>
    line.replaceAll(/(seq|ack|val|ecr) \d+(:\d+)?/g, "$1 N").replaceAll(/(::2|0\.2)\.\d+:/g, "$1.port:").replace(
      "[P.]",
      "[.]",
    )
  );
  assertEquals(settled, expected);
  // What was too large goes out again, in part.
  const start = (line: string) => /seq (\d+):/.exec(line)?.[1];
  assertEquals([start(lines[2]), start(lines[6])], [start(lines[0]), start(lines[4])]);
});

Deno.test("ping prints a line for each ping, late or lost, and sums them up", async () => {
  await using folder = await temporaryFolder();
  const lines = await runExample(folder.path, "ping.ts");
  const times = lines.flatMap((line) => line.match(/(?<= time=)\d+\.\d{3}(?= ms$)/) ?? []).map(Number);
  const answer = (sequence: number) => `64 bytes from 10.0.0.1: icmp_seq=${sequence} ttl=64`;
  assertEquals(lines.slice(0, -1).map((line) => line.replace(/ time=.*/, "")), [
    "PING 10.0.0.1: 56 bytes of data",
    answer(1),
    answer(2),
    "no answer for icmp_seq=3",
    answer(4),
    answer(5),
    "no answer for icmp_seq=6",
    answer(7),
    answer(8),
    "8 packets transmitted, 6 received, 25% packet loss",
  ]);
  assertEquals(times.every((time) => time > 0), true);
  const [least, , most] = /^round trip min\/avg\/max = (.+) ms$/.exec(lines.at(-1)!)![1].split("/").map(Number);
  assertEquals([least, most], [Math.min(...times), Math.max(...times)]);
});

/** Runs the tests of the example in a folder, changed as told; colours are off. */
async function runLossyTest(folder: string, ...changes: [string, string][]): Promise<Run> {
  let text = await Deno.readTextFile(new URL("lossy_test.ts", EXAMPLES));
  for (const [from, to] of [["../mod.ts", new URL("../mod.ts", EXAMPLES).href], ...changes]) {
    assertStringIncludes(text, from);
    text = text.replace(from, to);
  }
  await Deno.writeTextFile(`${folder}/lossy_test.ts`, text);
  const flags = ["-A", "--no-remote", "--no-npm", "--config", `${ROOT}deno.json`];
  return await runDeno(folder, "test", ...flags, "lossy_test.ts");
}

Deno.test("lossy_test passes, and leaves no trace", async () => {
  await using folder = await temporaryFolder();
  const { code, stdout } = await runLossyTest(folder.path);
  assertEquals(code, 0, stdout.join("\n"));
  assertMatch(stdout.join("\n"), /^ok \| 2 passed \| 0 failed/m);
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["lossy_test.ts"]);
});

Deno.test("lossy_test tells the conversation when it fails, and leaves its trace", async () => {
  await using folder = await temporaryFolder();
  const { code, stdout, stderr } = await runLossyTest(
    folder.path,
    [`received !== text`, `received !== "more"`],
    [".repeat(2000)", ".repeat(50)"],
    [`await answer !== "Are you there?"`, `await answer !== "Yes."`],
    ["async (net) => {", `async (net) => {\n    net.filter = () => ++packets !== 4;`],
    ["// Its tests.", "let packets = 0;"],
    [`withInternet(async`, `withInternet({ pcap: "traces" }, async`],
  );
  assertEquals(code, 1);
  const lines = [...stdout, ...stderr.split("\n")];
  const has = (pattern: RegExp) =>
    assertEquals(lines.some((line) => pattern.test(line)), true, `${pattern}\n${stdout}`);
  has(/^withInternet: the test failed: Error: 900 of 900 characters arrived$/);
  has(/^withInternet: the test failed: Error: The answer was Are you there\?$/);
  has(/^ +\d\.\d{6} +IP 10\.0\.0\.2\.\d+ > 10\.0\.0\.1\.80: Flags \[S\], seq 0, win 65535, .*length 0$/);
  has(/^ +\d\.\d{6} +filtered +IP 10\.0\.0\./);
  has(/^ +\d\.\d{6} +(lost +)?IP 10\.0\.0\.2\.\d+ > 10\.0\.0\.1\.7: UDP, length 14$/);
  has(/^netstat of 10\.0\.0\.1$/);
  has(/^ +tcp +0 +511 +0\.0\.0\.0:80 +\* +LISTEN$/);
  has(/^ +udp +0 +0 +10\.0\.0\.1:7 +\* +UNCONNECTED$/);
  const paths = lines.flatMap((line) => /^pcap: (traces\/uis-\w+\.pcap)$/.exec(line)?.slice(1) ?? []);
  assertEquals(paths.length, 2, stdout.join("\n"));
  for (const path of paths) {
    const { packets } = readPCAP(await Deno.readFile(`${folder.path}/${path}`));
    assertGreater(packets.length, 1);
    if (await requireTshark()) assertEquals(await countPackets(`${folder.path}/${path}`), packets.length);
  }
});

Deno.test("https_site prints its headline, and leaves a trace in which it cannot be read", async () => {
  await using folder = await temporaryFolder();
  const headline = "Hello, 192.0.2.2, this is /news";
  assertEquals(await runExample(folder.path, "https_site.ts"), [headline]);
  const { packets } = await readLossless(`${folder.path}/httpsSite.pcap`);
  const text = packets.map(({ bytes }) => new TextDecoder("latin1").decode(bytes)).join("");
  // The name is in the client's first message, as TLS has it.
  assertEquals([text.includes("www.example"), text.includes("Hello")], [true, false]);
});

Deno.test("websocket_chat prints what was said", async () => {
  await using folder = await temporaryFolder();
  assertEquals(await runExample(folder.path, "websocket_chat.ts"), ["Ann: Hello, Bob!", "Bob: Hello, Ann!"]);
});

Deno.test("the examples need to read the library, and to write only their pcap", async () => {
  await using folder = await temporaryFolder();
  const script = new URL("tcp_download_ipv4.ts", EXAMPLES).href;
  const permissions = ["--no-prompt", `--allow-read=${ROOT}`, "--allow-write=tcpDownloadIPv4.pcap"];
  assertEquals(await runDeno(folder.path, "run", "--quiet", ...permissions, script), {
    code: 0,
    stdout: ["Hello, world!"],
    stderr: "",
  });
});

/** Checks what the benchmark prints: a line for each tick, then the average and what was dropped. */
function checkBenchmark(lines: string[]): void {
  const last = lines.pop() ?? "";
  assertMatch(last, /^average: \d+\.\d Mbit\/s, packets dropped: \d+ by the queue, \d+ by the trace$/);
  assertEquals(last.startsWith("average: 0.0 "), false, last);
  for (const line of lines) assertMatch(line, /^\d+\.\d\d s: \d+\.\d Mbit\/s$/);
}

Deno.test("benchmark measures a download", async () => {
  await using folder = await temporaryFolder();
  const lines = await runExample(folder.path, "benchmark.ts", "--duration", "1");
  assertEquals(lines.length > 1, true, "it prints live figures too");
  checkBenchmark(lines);
  assertEquals([...Deno.readDirSync(folder.path)], [], "without --pcap-file it writes nothing");
});

Deno.test("benchmark takes all its flags, and IPv6 addresses", async () => {
  await using folder = await temporaryFolder();
  const flags = ["--duration=1", "--mtu=9000", "--pcap-file=a=b.pcap", "--pcap-snaplen", "80"];
  const hosts = ["--server-addr", "2001:db8::1", "--client-addr=2001:db8::2", "--server-port", "8080"];
  checkBenchmark(await runExample(folder.path, "benchmark.ts", ...flags, ...hosts));

  const { snapLen, packets } = readPCAP(await Deno.readFile(`${folder.path}/a=b.pcap`));
  assertEquals(snapLen, 80);
  assertEquals(Math.max(...packets.slice(0, 1000).map(({ length }) => length)), 9000);
  const [{ bytes: syn }] = packets;
  const port = new DataView(syn.buffer, syn.byteOffset).getUint16(42);
  assertEquals({ version: syn[0] >> 4, port, to: syn[39] }, { version: 6, port: 8080, to: 1 });
});

for (
  const args of [["--speed", "9"], ["--speed=9"], ["duration", "1"], ["--mtu"], ["--mtu=fast"], ["--duration", ""]]
) {
  Deno.test(`benchmark refuses ${JSON.stringify(args.join(" "))}`, async () => {
    await using folder = await temporaryFolder();
    const script = new URL("benchmark.ts", EXAMPLES).href;
    const { code, stdout, stderr } = await runDeno(folder.path, "run", "-A", "--quiet", script, ...args);
    const [flag, text = ""] = args.flatMap((arg) => arg.split("="));
    assertEquals({ code, stdout }, { code: 1, stdout: [""] });
    assertMatch(stderr, new RegExp(`^Cannot use "${flag} ${text}": flags are --duration, --mtu, [^\n]*\n$`));
  });
}
