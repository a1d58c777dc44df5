// Runs the three first examples one after the other, each in its own process, then counts the packets in their pcaps.
import { readPCAP } from "../pcap/format.ts";

const EXAMPLES = {
  "tcp_download_ipv4.ts": "tcpDownloadIPv4.pcap",
  "udp_echo_ipv4.ts": "udpEchoIPv4.pcap",
  "udp_echo_ipv6.ts": "udpEchoIPv6.pcap",
};

for (const script of Object.keys(EXAMPLES)) {
  const args = ["run", "-A", new URL(script, import.meta.url).href];
  const { success, code } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  if (!success) {
    console.error(`${script} failed with exit code ${code}`);
    Deno.exit(1);
  }
}

for (const pcap of Object.values(EXAMPLES)) {
  console.log(`${pcap}: ${readPCAP(await Deno.readFile(pcap)).packets.length} packets`);
}
