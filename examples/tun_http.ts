/**
 * The kernel as a host: curl asks a simulated web server. It needs Linux, root, and iproute2 and curl; in a network
 * namespace of its own nothing of the machine's is touched: `sudo unshare --net deno run -A examples/tun_http.ts`
 */
import { Internet, MTU_ETHERNET, openTUN, type TCPConn, type TCPListener } from "../mod.ts";

const SERVER = "10.9.0.1";
const KERNEL = "10.9.0.254";

await using internet = new Internet();
let packets = 0;
const routing = internet.route({ filter: () => ++packets > 0 });
const server = await internet.newStack(MTU_ETHERNET, SERVER);
const tun = openTUN(internet, { name: "uis0", addresses: [KERNEL] });
await run("ip", "address", "add", KERNEL, "peer", SERVER, "dev", tun.name);
await run("ip", "link", "set", tun.name, "up");

using listener = server.listenTCP(`${SERVER}:80`);
const serving = serveOne(listener);
console.log(await run("curl", "--silent", "--show-error", `http://${SERVER}/`));
await serving;

const { fromKernel, toKernel } = tun.stats;
console.log(
  `${fromKernel} packets from the kernel, ${toKernel} to it, all seen here: ${packets >= fromKernel + toKernel}`,
);
await tun.close();
await internet.close();
await routing;

async function serveOne(listener: TCPListener): Promise<void> {
  using conn = await listener.accept();
  const request = await readHead(conn);
  const body = `You asked for ${request.split(" ")[1]}, from ${conn.remoteAddr.hostname}.`;
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  await new Blob([head, body]).stream().pipeTo(conn.writable);
}

async function readHead(conn: TCPConn): Promise<string> {
  const buffer = new Uint8Array(1024);
  let head = "";
  while (!head.endsWith("\r\n\r\n")) {
    const length = await conn.read(buffer);
    if (length === null) throw new Error("The request ended before its head did");
    head += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return head;
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
