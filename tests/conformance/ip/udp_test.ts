// N8 and N9: UDP (RFC 768, RFC 8200 §8.1, RFC 1122 §4.1).
import { assert, assertEquals } from "@std/assert";
import { Engine } from "../../../stack/engine/engine.ts";
import { readPacket } from "../../harness/packets.ts";
import { Collector } from "../../harness/pair.ts";
import { scenario } from "../../harness/script.ts";
import { seeded } from "../../harness/seeded.ts";

scenario(
  "N8 a datagram comes in, and one goes out",
  `
  bind 7
  < udp 10
  event readable
  receive 10
  receive nothing
  send 20
  > udp 20
`,
);

scenario("N8 without a checksum: taken with IPv4", "bind 7\n< udp 10 nosum\nreceive 10", { only: 4 });
scenario("N8 without a checksum: dropped with IPv6", "bind 7\n< udp 10 nosum\ndropped checksum\nreceive nothing", {
  only: 6,
});
scenario("N8 a bad checksum is dropped", "bind 7\n< udp 10 badsum\ndropped checksum\nreceive nothing\nquiet");

for (const [what, length] of [["less than a header", 7], ["0", 0], ["more than there is", 19]]) {
  scenario(`N8 a length of ${what} is dropped`, `bind 7\n< udp 10 udplen ${length}\ndropped malformed\nquiet`);
}

scenario("N8 what stands behind the length is no data", "bind 7\n< udp 10 udplen 14 nosum\nreceive 6", { only: 4 });

scenario(
  "N8 a connected socket takes datagrams of its peer only",
  `
  connectDatagram 9 from 7
  event bound
  < udp 10
  receive 10
  < udp 10 sport 10
  > icmp unreachable port
  receive nothing
`,
);

scenario(
  "N8 a connected socket comes before one that is bound",
  `
  #2 bind 7
  connectDatagram 9 from 7
  < udp 10
  receive 10
  #2 receive nothing
`,
);

scenario(
  "N8 an unreachable port surfaces on a connected socket, again and again",
  `
  connectDatagram 9 from 7
  send 10
  > udp 10
  +1 < icmp unreachable port
  event failed refused
  no event released
  send 10
  > udp 10
  +1 < icmp unreachable port
  event failed refused
`,
);

scenario(
  "N8 an unreachable port does not disturb a socket that talks to anybody",
  `
  bind 7
  send 10
  > udp 10
  +1 < icmp unreachable port
  no event failed
`,
);

for (
  const [report, reason] of [
    ["unreachable host", "host-unreachable"],
    ["unreachable net", "network-unreachable"],
    ["unreachable admin", "host-unreachable"],
    ["parameter pointer 1", "protocol-error"],
  ]
) {
  scenario(
    `N8 a connected socket is told: ${report}`,
    `
    connectDatagram 9 from 7
    send 10
    > udp 10
    +1 < icmp ${report}
    event failed ${reason}
    no event released
  `,
  );
}

for (const report of ["time-exceeded", "time-exceeded reassembly"]) {
  scenario(
    `N8 what may pass by itself is told to nobody, as with Linux: ${report}`,
    `
    connectDatagram 9 from 7
    send 10
    > udp 10
    +1 < icmp ${report}
    no event failed
  `,
  );
}

for (const report of ["unreachable port", "parameter pointer 1", "time-exceeded"]) {
  scenario(
    `N8 a report about what no socket has sent: ${report}`,
    `
    connectDatagram 9 from 7
    send 10
    > udp 10
    close
    +1 < icmp ${report}
    dropped noSocket
    no event failed
  `,
  );
}

scenario(
  "N8 a packet that was too big is no refusal",
  `
  connectDatagram 9 from 7
  send 10
  > udp 10
  +1 < icmp too-big mtu 1280
  no event failed
`,
);

scenario(
  "N8 a closed socket's port is unreachable",
  "bind 7\nclose\nevent released\n< udp 10\n> icmp unreachable port",
);

Deno.test("N8 a checksum of 0 is sent as ffff", () => {
  for (const peer of ["10.0.0.2", "2001:db8::2"]) {
    const engine = new Engine({ addresses: ["10.0.0.1", "2001:db8::1"], mtu: 1500, random: seeded(1) });
    engine.connectDatagram(0, 1, 7, { address: peer, port: 9 });
    const checksums = new Set<number>();
    const out = new Collector();
    for (let word = 0; word <= 0xffff; word++) {
      engine.send(0, 1, Uint8Array.of(word >> 8, word), { address: peer, port: 9 });
      engine.transmit(0, out);
      while (engine.pollEvent());
      const { transport } = readPacket(out.take()[0]);
      assert(transport.kind === "udp");
      checksums.add(transport.checksum);
    }
    assertEquals(checksums.has(0), false);
    assertEquals(checksums.has(0xffff), true);
  }
});

scenario("N9 an empty datagram is delivered", "bind 7\n< udp 0\nevent readable\nreceive 0\nreceive nothing");

scenario(
  "N9 boundaries are kept",
  "bind 7\n< udp 10\n< udp 0\n< udp 1000\nreceive 10\nreceive 0\nreceive 1000\nreceive nothing",
);

scenario(
  "N9 the receive queue is bounded, and gives room again",
  `
  bind 7
  < udp 300
  dropped queueFull 0
  < udp 300
  dropped queueFull
  receive 300
  < udp 300
  receive 300
  receive nothing
  quiet
`,
  { limits: { udpQueue: 1000 } },
);

scenario(
  "N9 empty datagrams are bounded too",
  `
  bind 7
  ${"< udp 0\n".repeat(4)}
  dropped queueFull
`,
  { limits: { udpQueue: 1000 } },
);
