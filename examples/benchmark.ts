/** Measures one TCP download between two hosts, over IPv4 or IPv6. Flags are written `--mtu 9000` or `--mtu=9000`. */
import { Internet, PCAPTrace } from "../mod.ts";

const flags = parseFlags({
  "duration": 3, // seconds
  "mtu": 1500, // bytes
  "pcap-file": "", // none
  "pcap-snaplen": 256, // bytes recorded of each packet
  "server-addr": "10.0.0.1",
  "client-addr": "10.0.0.2",
  "server-port": 80,
});
const { "pcap-file": file, "server-addr": host } = flags;
const address = `${host.includes(":") ? `[${host}]` : host}:${flags["server-port"]}`;

await using trace = file === "" ? undefined : await PCAPTrace.open(file, flags["pcap-snaplen"]);
await using internet = new Internet();
void internet.route({ trace }); // until the internet is closed
const server = await internet.newStack(flags.mtu, host);
const client = await internet.newStack(flags.mtu, flags["client-addr"]);
using listener = server.listenTCP(address);
using download = await client.dialTCP(address);
using upload = await listener.accept();

const start = performance.now();
const rate = (bytes: number, since: number) => `${(bytes / 125 / (performance.now() - since)).toFixed(1)} Mbit/s`;
let [total, seen, seenAt] = [0, 0, start];
const ticker = setInterval(() => {
  console.log(`${((performance.now() - start) / 1000).toFixed(2)} s: ${rate(total - seen, seenAt)}`);
  [seen, seenAt] = [total, performance.now()];
}, 250);
const sending = send();
const buffer = new Uint8Array(256 * 1024); // for all reads: the garbage collector is not to be measured
for (let length; (length = await download.read(buffer)) !== null;) total += length;
await sending;
clearInterval(ticker);
const dropped = `${internet.dropped} by the queue, ${trace?.dropped ?? 0} by the trace`;
console.log(`average: ${rate(total, start)}, packets dropped: ${dropped}`);

async function send(): Promise<void> {
  const chunk = new Uint8Array(256 * 1024);
  while (performance.now() - start < flags.duration * 1000) await upload.write(chunk);
  await upload.closeWrite(); // the client reads to the end
}

function parseFlags<Flags extends Record<string, string | number>>(flags: Flags): Flags {
  for (const args = [...Deno.args]; args.length > 0;) {
    const [flag, text = args.shift() ?? ""] = args.shift()!.split(/=(.*)/s, 2);
    const name = flag.startsWith("--") ? flag.slice(2) : "";
    const value = typeof flags[name] === "number" ? Number(text) : text;
    if (!Object.hasOwn(flags, name) || text === "" || Number.isNaN(value)) {
      console.error(`Cannot use "${flag} ${text}": flags are --${Object.keys(flags).join(", --")}`);
      Deno.exit(1);
    }
    Object.assign(flags, { [name]: value });
  }
  return flags;
}
