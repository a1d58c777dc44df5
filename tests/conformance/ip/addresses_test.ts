// N4: whose packets are taken (RFC 1122 §3.2.1.3).
import { scenario } from "../../harness/script.ts";
import { OWN_ADDRESSES } from "./own_addresses.ts";

const ECHO = "< icmp echo id 1 seq 2 data 8";

const DROPPED: [family: 4 | 6, what: string, field: string, reason: string][] = [
  [4, "another host's", "dst 10.0.0.9", "notForUs"],
  [4, "to a multicast group", "dst 224.0.0.1", "notForUs"],
  [4, "to everybody", "dst 255.255.255.255", "notForUs"],
  [4, "to loopback", "dst 127.0.0.1", "notForUs"],
  [4, "from loopback", "src 127.0.0.1", "martian"],
  [4, "from the host itself", "src 10.0.0.1", "martian"],
  [4, "from nobody", "src 0.0.0.0", "martian"],
  [4, "from a host of this network", "src 0.1.2.3", "martian"],
  [4, "from a multicast group", "src 224.0.0.1", "martian"],
  [4, "from everybody", "src 255.255.255.255", "martian"],
  [6, "another host's", "dst 2001:db8::9", "notForUs"],
  [6, "to all nodes", "dst ff02::1", "notForUs"],
  [6, "to loopback", "dst ::1", "notForUs"],
  [6, "to an IPv4-mapped address", "dst ::ffff:10.0.0.9", "notForUs"],
  [6, "from loopback", "src ::1", "martian"],
  [6, "from the host itself", "src 2001:db8::1", "martian"],
  [6, "from nobody", "src ::", "martian"],
  [6, "from a multicast group", "src ff02::1", "martian"],
  [6, "from an IPv4-mapped address", "src ::ffff:10.0.0.2", "martian"],
];

for (const [only, what, field, reason] of DROPPED) {
  scenario(`N4 dropped: ${what}`, `${ECHO} ${field}\ndropped ${reason}\nquiet`, { only });
}

scenario(
  "N4 an IPv4 address in an IPv6 header is not taken for IPv4",
  `${ECHO} dst ::ffff:10.0.0.1 src ::ffff:10.0.0.2\ndropped martian\nquiet`,
  { only: 6 },
);

for (const [only, what, address] of OWN_ADDRESSES) {
  scenario(
    `N4 connections to ${what} stay inside`,
    `
    listen 80
    #2 connect 80 to ${address}
    #2 event connected
    quiet
    +1000 #2 close
    +100 quiet
  `,
    { only },
  );
  scenario(
    `N4 a closed port of ${what} refuses`,
    `
    connect 81 to ${address}
    event failed refused
    quiet
  `,
    { only },
  );
}

for (const [only, address] of [[4, "127.0.0.1"], [4, "127.1.2.3"], [6, "::1"]] as const) {
  scenario(
    `N4 what a socket at ${address} sends to another host stays inside`,
    `
    bind 7 on ${address}
    send 10
    dropped noRoute
    event writable
    quiet
  `,
    { only },
  );
}
