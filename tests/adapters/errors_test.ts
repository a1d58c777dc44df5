import { assertEquals, assertFalse, assertInstanceOf } from "@std/assert";
import { networkError, type Reason, waiting } from "../../adapters/errors.ts";

const { errors } = Deno;

const TABLE: [Reason, new (message: string) => Error, code: string | undefined, message: string][] = [
  ["refused", errors.ConnectionRefused, "ECONNREFUSED", "Connection refused (os error 111)"],
  ["reset", errors.ConnectionReset, "ECONNRESET", "Connection reset by peer (os error 104)"],
  ["timed-out", errors.TimedOut, "ETIMEDOUT", "Connection timed out (os error 110)"],
  ["deadline-passed", errors.TimedOut, "ETIMEDOUT", "The deadline passed: Connection timed out (os error 110)"],
  ["network-unreachable", errors.NetworkUnreachable, "ENETUNREACH", "Network is unreachable (os error 101)"],
  ["host-unreachable", Error, "EHOSTUNREACH", "No route to host (os error 113)"],
  ["stack-down", errors.NetworkUnreachable, "ENETDOWN", "The stack is closed: Network is down (os error 100)"],
  ["address-in-use", errors.AddrInUse, "EADDRINUSE", "Address already in use (os error 98)"],
  ["address-not-available", errors.AddrNotAvailable, "EADDRNOTAVAIL", "Cannot assign requested address (os error 99)"],
  ["broken-pipe", errors.BrokenPipe, "EPIPE", "Broken pipe (os error 32)"],
  ["message-too-long", Error, "EMSGSIZE", "Message too long (os error 90)"],
  ["no-buffers", Error, "ENOBUFS", "No buffer space available (os error 105)"],
  ["invalid-state", TypeError, "EINVAL", "Invalid argument (os error 22)"],
  [
    "buffer-detached",
    TypeError,
    "EFAULT",
    "The bytes were transferred while their write waited: Bad address (os error 14)",
  ],
  ["not-supported", errors.NotSupported, "EPROTOTYPE", "Protocol wrong type for socket (os error 91)"],
  ["wrong-family", Error, "EAFNOSUPPORT", "Address family not supported by protocol (os error 97)"],
  ["interrupted", errors.Interrupted, "EINTR", "operation canceled"],
  ["aborted", errors.ConnectionAborted, "ECONNABORTED", "Software caused connection abort (os error 103)"],
  [
    "stack-closed",
    errors.ConnectionAborted,
    "ECONNABORTED",
    "The stack was closed: Software caused connection abort (os error 103)",
  ],
  [
    "worker-died",
    errors.ConnectionAborted,
    "ECONNABORTED",
    "The stack's worker died: Software caused connection abort (os error 103)",
  ],
  ["connection-closed", errors.BadResource, undefined, "Bad resource ID"],
  ["listener-closed", errors.BadResource, undefined, "Listener has been closed"],
  ["datagram-socket-closed", errors.BadResource, undefined, "Socket has been closed"],
  ["stream-closed", errors.BadResource, undefined, "The stream's underlying resource was closed or consumed"],
  ["accept-pending", errors.Busy, undefined, "Another accept task is ongoing"],
];

for (const [reason, type, code, message] of TABLE) {
  Deno.test(`errors: ${reason}`, () => {
    const error = networkError(reason);
    assertEquals(error.constructor, type);
    assertInstanceOf(error, Error);
    assertEquals(error.message, message);
    assertEquals(Object.getOwnPropertyDescriptor(error, "code")?.value, code);
    if (code === undefined) assertFalse("code" in error);
  });
}

Deno.test("errors: the detail names the culprit", () => {
  assertEquals(
    networkError("address-in-use", { operation: "listen on", address: "10.0.0.1:80" }).message,
    'Cannot listen on "10.0.0.1:80": Address already in use (os error 98)',
  );
});

Deno.test("errors: code, name and message are as Deno's own have them", async () => {
  const own = await Deno.connect({ port: 1 }).then(() => undefined, (error) => error);
  assertInstanceOf(own, errors.ConnectionRefused);
  const error = networkError("refused");
  assertEquals(error.message, own.message);
  assertEquals(error.name, own.name);
  for (const key of ["name", "message", "code"]) {
    assertEquals(Object.getOwnPropertyDescriptor(error, key), Object.getOwnPropertyDescriptor(own, key), key);
  }
});

Deno.test("errors: a call that was settled is not rejected any more", async () => {
  const { promise, resolve, reject } = waiting<number>();
  resolve(1);
  reject("reset");
  // A rejection that nobody handles would end the test by now.
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(await promise, 1);
});
