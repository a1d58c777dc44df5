/**
 * An ICMP or ICMPv6 message in tcpdump's style.
 *
 * Runs on the main side.
 *
 * @module
 */
import * as icmpv4 from "../../stack/wire/icmpv4.ts";
import * as icmpv6 from "../../stack/wire/icmpv6.ts";
import { PROTOCOL_TCP } from "../../stack/wire/ip.ts";
import type { ICMPMessage } from "./icmp_message.ts";
import type { Packet } from "./packet.ts";

/** Codes of "unreachable" in order; `$` stands for where the packet was going. */
const UNREACHABLE_IPV4 = [
  "net $ unreachable",
  "host $ unreachable",
  "$ protocol unreachable",
  "$ port unreachable",
  "$ unreachable - need to frag",
  "$ unreachable - source route failed",
  "net $ unreachable - unknown",
  "host $ unreachable - unknown",
  "$ unreachable - source host isolated",
  "net $ unreachable - admin prohibited",
  "host $ unreachable - admin prohibited",
  "net $ unreachable - tos prohibited",
  "host $ unreachable - tos prohibited",
  "host $ unreachable - admin prohibited filter",
  "host $ unreachable - host precedence violation",
  "host $ unreachable - precedence cutoff",
];

/** The same for ICMPv6. */
const UNREACHABLE_IPV6 = [
  "unreachable route $",
  "unreachable prohibited $",
  "beyond scope $, source address",
  "unreachable address $",
  "unreachable port, $",
];

const OTHER_IPV4: ReadonlyMap<number, string> = new Map([
  [4, "source quench"],
  [5, "redirect"],
  [9, "router advertisement"],
  [10, "router solicitation"],
  [13, "time stamp query"],
  [14, "time stamp reply"],
  [15, "information request"],
  [16, "information reply"],
  [17, "address mask request"],
  [18, "address mask reply"],
]);

const OTHER_IPV6: ReadonlyMap<number, string> = new Map([
  [130, "multicast listener query"],
  [131, "multicast listener report"],
  [132, "multicast listener done"],
  [133, "router solicitation"],
  [134, "router advertisement"],
  [135, "neighbor solicitation"],
  [136, "neighbor advertisement"],
  [icmpv6.REDIRECT, "redirect"],
  [143, "multicast listener report v2"],
]);

const PROBLEMS_IPV6 = ["erroneous", "next header", "option", "incomplete header chain"];

/** Says what an ICMPv4 message is; `length` is what the IP header says of it. Undefined: its header is cut off. */
export function describeICMPv4(icmp: ICMPMessage | undefined, length: number): string {
  return icmp ? `ICMP ${describeMessageIPv4(icmp)}, length ${length}` : "[|icmp]";
}

/** The same for ICMPv6. */
export function describeICMPv6(icmp: ICMPMessage | undefined, length: number): string {
  return icmp ? `ICMP6, ${describeMessageIPv6(icmp)}, length ${length}` : "[|icmp6]";
}

function describeMessageIPv4(icmp: ICMPMessage): string {
  const { type, code, id, seq } = icmp;
  switch (type) {
    case icmpv4.ECHO_REQUEST:
      return `echo request, id ${id}, seq ${seq}`;
    case icmpv4.ECHO_REPLY:
      return `echo reply, id ${id}, seq ${seq}`;
    case icmpv4.DESTINATION_UNREACHABLE:
      return describeUnreachableIPv4(icmp);
    case icmpv4.TIME_EXCEEDED:
      if (code === icmpv4.CODE_IN_TRANSIT) return "time exceeded in-transit";
      return code === icmpv4.CODE_REASSEMBLY ? "ip reassembly time exceeded" : `time exceeded-#${code}`;
    case icmpv4.PARAMETER_PROBLEM:
      return `parameter problem - ${code === 0 ? `octet ${icmp.pointer}` : `code ${code}`}`;
    default:
      return OTHER_IPV4.get(type) ?? `type-#${type}`;
  }
}

function describeUnreachableIPv4({ code, mtu, quoted }: ICMPMessage): string {
  if (!quoted) return `unreachable-#${code} [|icmp]`;
  const { destination } = quoted;
  if (code === icmpv4.CODE_PROTOCOL) return `${destination} protocol ${quoted.protocol} unreachable`;
  if (code === icmpv4.CODE_PORT) return `${destination} ${describePort(quoted)} unreachable`;
  const text = (UNREACHABLE_IPV4[code] ?? `$ unreachable - #${code}`).replace("$", destination);
  return mtu ? `${text} (mtu ${mtu})` : text;
}

function describeMessageIPv6(icmp: ICMPMessage): string {
  const { type, code, id, seq, mtu, pointer, quoted } = icmp;
  switch (type) {
    case icmpv6.ECHO_REQUEST:
      return `echo request, id ${id}, seq ${seq}`;
    case icmpv6.ECHO_REPLY:
      return `echo reply, id ${id}, seq ${seq}`;
    case icmpv6.DESTINATION_UNREACHABLE:
      return `destination unreachable, ${describeUnreachableIPv6(icmp)}`;
    case icmpv6.PACKET_TOO_BIG:
      return `packet too big, mtu ${mtu}`;
    case icmpv6.TIME_EXCEEDED:
      if (code === icmpv6.CODE_IN_TRANSIT) return `time exceeded in-transit for ${quoted?.destination ?? "[|icmp6]"}`;
      return `time exceeded in-transit${
        code === icmpv6.CODE_REASSEMBLY ? " (reassembly)" : `, unknown code (${code})`
      }`;
    case icmpv6.PARAMETER_PROBLEM:
      if (code >= PROBLEMS_IPV6.length) return `parameter problem, code-#${code}`;
      return `parameter problem, ${PROBLEMS_IPV6[code]} - octet ${pointer}`;
    default:
      return OTHER_IPV6.get(type) ?? `unknown icmp6 type (${type})`;
  }
}

function describeUnreachableIPv6({ code, quoted }: ICMPMessage): string {
  if (code >= UNREACHABLE_IPV6.length) return `unknown unreach code (${code})`;
  const text = UNREACHABLE_IPV6[code].replace("$", quoted?.destination ?? "[|icmp6]");
  if (!quoted) return text;
  if (code === icmpv6.CODE_PORT) return `${text} ${describePort(quoted)}`;
  return code === icmpv6.CODE_BEYOND_SCOPE ? `${text} ${quoted.source}` : text;
}

/** What nobody listens on. */
function describePort({ protocol, destinationPort }: Packet): string {
  if (destinationPort === undefined) return `protocol ${protocol} port`;
  return `${protocol === PROTOCOL_TCP ? "tcp" : "udp"} port ${destinationPort}`;
}
