/**
 * What the kernel says when it refuses something about a TUN device, as an error.
 *
 * Main side.
 *
 * @module
 */

interface Row {
  type: new (message: string) => Error;
  code: string;
  message: string;
  /** What to do about it. */
  hint?: string;
}

const { errors } = Deno;

/** By errno of Linux, as asm-generic/errno.h numbers them. */
const TABLE: Record<number, Row> = {
  1: {
    type: errors.PermissionDenied,
    code: "EPERM",
    message: "Operation not permitted",
    hint: "it needs root or CAP_NET_ADMIN",
  },
  2: {
    type: errors.NotFound,
    code: "ENOENT",
    message: "No such file or directory",
    hint: "the kernel has no TUN driver, or this container no /dev/net/tun",
  },
  13: {
    type: errors.PermissionDenied,
    code: "EACCES",
    message: "Permission denied",
    hint: "it needs read and write access to /dev/net/tun",
  },
  16: {
    type: errors.Busy,
    code: "EBUSY",
    message: "Device or resource busy",
    hint: "another program has the device open",
  },
  19: { type: errors.NotFound, code: "ENODEV", message: "No such device", hint: "load the kernel's TUN driver" },
  22: {
    type: Error,
    code: "EINVAL",
    message: "Invalid argument",
    hint: "a device with this name that is no TUN exists, or the name is not allowed",
  },
  77: { type: Error, code: "EBADFD", message: "File descriptor in bad state", hint: "the device was removed" },
};

/**
 * The error for an errno of Linux: Deno's class where it has one, with the Node-style code as its own property `code`.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { systemError } from "./tun_errors.ts";
 *
 * const error = systemError("open", "tun0", 1);
 * assert(error instanceof Deno.errors.PermissionDenied);
 * assertEquals(error.code, "EPERM");
 * assertEquals(
 *   error.message,
 *   'Cannot open TUN device "tun0": Operation not permitted (os error 1): it needs root or CAP_NET_ADMIN',
 * );
 * ```
 */
export function systemError(operation: string, name: string, errno: number): Error & { code: string } {
  const { type, code, message, hint } = TABLE[errno] ?? { type: Error, code: `E${errno}`, message: "System error" };
  const text = `Cannot ${operation} TUN device ${JSON.stringify(name)}: ${message} (os error ${errno})`;
  return Object.assign(new type(hint === undefined ? text : `${text}: ${hint}`), { code });
}

/**
 * The error of an operating system that has no TUN devices.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { notSupported } from "./tun_errors.ts";
 *
 * assertEquals(notSupported("tun0").code, "ENOTSUP");
 * ```
 */
export function notSupported(name: string): Error & { code: string } {
  const message = `Cannot open TUN device ${JSON.stringify(name)}: only Linux is supported`;
  return Object.assign(new errors.NotSupported(message), { code: "ENOTSUP" });
}
