// The scenario language itself: that it fails when an engine does otherwise.
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ACCEPTED, runScenario, scenario } from "./script.ts";
import { evaluate, evaluateRange, parseScenario } from "./script_text.ts";

/** Runs a scenario that must fail, and gives the message. */
function failureOf(text: string, family: 4 | 6 = 4): string {
  return assertThrows(() => runScenario("a scenario", text, family), Error).message;
}

const SYN = "listen 80\n< S 0 mss MSS\n";

Deno.test("a scenario fails when a packet does not come, or comes though no line expects it", () => {
  assertStringIncludes(failureOf("listen 80\n> S. 0"), "none was sent");
  assertStringIncludes(failureOf(SYN), "unexpected packet at 0: > S. 0 ack 1");
  assertStringIncludes(failureOf(`${SYN}< . 1 ack 1`), "unexpected packet");
  assertStringIncludes(failureOf(`${SYN}+1 quiet`), "unexpected packet");
  assertStringIncludes(failureOf(`${SYN}> S. 0\n+1000 quiet`), "unexpected packet at 1000: > S. 0 ack 1");
});

Deno.test("a scenario fails when a field differs, and says which", () => {
  const message = failureOf(`${SYN}> S. 0 ack 2 win 5 mss 5 no ws`);
  assertStringIncludes(message, "a scenario (IPv4), seed 1, line 3: > S. 0 ack 2 win 5 mss 5 no ws");
  assertStringIncludes(message, "ack: expected 2, was 1");
  assertStringIncludes(message, "win: expected 5, was 65535");
  assertStringIncludes(message, "option: expected mss 5, was mss 1460");
  assertStringIncludes(message, "trace:\n       0.000  listen 80\n       0.000  < S 0 mss MSS");
  assertStringIncludes(failureOf(`${SYN}> . 0`), "flags: expected ., were S.");
  assertStringIncludes(failureOf(`${SYN}> S. 7`), "sequence number: expected 7, was 0");
  assertStringIncludes(failureOf(`${SYN}> S. 0 no mss`), "expected no mss");
  assertStringIncludes(failureOf(`${SYN}> S. 0 ts * *`), "ts");
  assertStringIncludes(failureOf(`${SYN}> udp 5`), "expected UDP");
});

Deno.test("a scenario fails when a packet comes at another time", () => {
  assertStringIncludes(failureOf(`${SYN}> S. 0\n+999 > S. 0`), "none was sent");
  assertStringIncludes(failureOf(`${SYN}> S. 0\n+1001 > S. 0`), "time: expected 1001, was 1000");
  assertStringIncludes(failureOf(`${SYN}> S. 0\n+1001..2000 > S. 0`), "time: expected 1001 to 2000, was 1000");
  runScenario("a scenario", `${SYN}> S. 0\n+900..1100 > S. 0`, 4);
});

Deno.test("a scenario fails when a call, an event or a check goes otherwise", () => {
  assertStringIncludes(failureOf(`${ACCEPTED}read 1`), "expected 1 bytes to read, were 0");
  assertStringIncludes(failureOf(`${ACCEPTED}readable 1`), "expected 1 readable bytes, were 0");
  assertStringIncludes(failureOf(`${ACCEPTED}write 1 takes 0`), "expected 0 bytes to be taken, were 1");
  assertStringIncludes(failureOf(`${ACCEPTED}event failed`), "expected the event failed");
  assertStringIncludes(failureOf(`${ACCEPTED}< R 1\nevent failed refused`), "expected failed refused, was reset");
  assertStringIncludes(failureOf(`${ACCEPTED}< R 1\nno event failed`), "unexpected event failed");
  assertStringIncludes(failureOf(`${ACCEPTED}< . 1 ack 1 badsum\ndropped checksum 0`), "were 1");
  assertStringIncludes(failureOf(`${ACCEPTED}write 1\n> P. 1:2\nidle`), "expected no deadline");
  assertStringIncludes(failureOf(`${ACCEPTED}+1 < P. 1:4 ack 1 "abc"\nhold\nread "abd"`), "byte 2 of those read");
  assertStringIncludes(failureOf("bind 7\nreceive 1"), "expected a datagram");
});

Deno.test("a scenario fails when the bytes out are others than were written", () => {
  assertStringIncludes(failureOf(`${ACCEPTED}write 3\n> P. 1:4 "abc"`), "data: other bytes");
  runScenario("a scenario", `${ACCEPTED}write "abc"\n> P. 1:4 "abc"`, 6);
});

Deno.test("a line that cannot be read says what is wrong", () => {
  assertStringIncludes(failureOf("listen"), "the port is missing");
  assertStringIncludes(failureOf("frobnicate 5"), 'Cannot read "frobnicate"');
  assertStringIncludes(failureOf(`${SYN}> S. 0 foo`), 'Cannot read "foo"');
  assertStringIncludes(failureOf("< X 0"), 'Cannot read the flags "X"');
  assertStringIncludes(failureOf("listen 80 81"), 'Cannot read "81"');
  assertStringIncludes(failureOf("dropped nonsense"), 'Cannot read "nonsense"');
  assertStringIncludes(failureOf("< icmp nonsense"), 'Cannot read "nonsense"');
  assertThrows(() => parseScenario("+5"), SyntaxError, "nothing happens in it");
});

Deno.test("times and flows of lines", () => {
  const [a, b, c, d] = parseScenario("listen 80 -- a comment\n\n 250 < S 0\n+1.5..2 #2 > S. 0\n-- nothing\n#3 idle");
  assertEquals([a.verb, a.when, a.flow], ["listen", { relative: true, from: 0, until: 0 }, "1"]);
  assertEquals([b.verb, b.when, b.number], ["<", { relative: false, from: 250, until: 250 }, 3]);
  assertEquals([c.verb, c.when, c.flow], [">", { relative: true, from: 1.5, until: 2 }, "2"]);
  assertEquals([d.verb, d.flow, a.words.peek()], ["idle", "3", "80"]);
});

Deno.test("numbers", () => {
  const names = { MSS: 100 };
  assertEquals(evaluate("1+2*MSS-3", names), 198);
  assertEquals(evaluate("0x10", names), 16);
  assertEquals(evaluateRange("1:1+MSS", names), [1, 101]);
  assertEquals(evaluateRange("7", names), [7, 7]);
  assertThrows(() => evaluate("1+X", names), SyntaxError);
  assertThrows(() => evaluate("", names), SyntaxError);
});

scenario(
  "a full wire holds packets back",
  `
  ${ACCEPTED}
  room 1
  write 3*MSS
  > . 1:1+MSS ack 1
  quiet
  room free
  > . 1+MSS:1+2*MSS ack 1
  > P. 1+2*MSS:1+3*MSS ack 1
`,
);
