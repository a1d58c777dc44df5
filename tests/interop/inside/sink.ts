// A receiver of its own process: reads each connection for so many ms from its first byte on, and prints how much came.
const [hostname, port, duration] = Deno.args;

for await (const conn of Deno.listen({ hostname, port: Number(port) })) {
  const buffer = new Uint8Array(256 * 1024);
  let bytes = 0;
  let start = 0;
  let last = 0;
  do {
    const length = await conn.read(buffer);
    if (length === null) break;
    last = performance.now();
    start ||= last;
    bytes += length;
  } while (last - start < Number(duration));
  conn.close();
  console.log(JSON.stringify({ bytes, ms: last - start }));
}
