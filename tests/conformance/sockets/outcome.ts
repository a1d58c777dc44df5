// What calls come to, in short: a value, or an error's class, code and message.

export const REFUSED = "ConnectionRefused ECONNREFUSED: Connection refused (os error 111)";
export const RESET = "ConnectionReset ECONNRESET: Connection reset by peer (os error 104)";
export const BROKEN_PIPE = "BrokenPipe EPIPE: Broken pipe (os error 32)";
export const INTERRUPTED = "Interrupted EINTR: operation canceled";
export const IN_USE = "AddrInUse EADDRINUSE: Address already in use (os error 98)";
export const NOT_AVAILABLE = "AddrNotAvailable EADDRNOTAVAIL: Cannot assign requested address (os error 99)";
export const UNREACHABLE = "NetworkUnreachable ENETUNREACH: Network is unreachable (os error 101)";
export const INVALID = "TypeError EINVAL: Invalid argument (os error 22)";
export const NOT_SUPPORTED = "NotSupported EPROTOTYPE: Protocol wrong type for socket (os error 91)";
export const WRONG_FAMILY = "Error EAFNOSUPPORT: Address family not supported by protocol (os error 97)";
export const TOO_LONG = "Error EMSGSIZE: Message too long (os error 90)";
export const TIMED_OUT = "TimedOut ETIMEDOUT: The deadline passed: Connection timed out (os error 110)";
export const ABORTED = "ConnectionAborted ECONNABORTED: Software caused connection abort (os error 103)";
export const BUSY = "Busy: Another accept task is ongoing";
export const CLOSED = "BadResource: Bad resource ID";
export const LISTENER_CLOSED = "BadResource: Listener has been closed";
export const SOCKET_CLOSED = "BadResource: Socket has been closed";
export const STREAM_CLOSED = "BadResource: The stream's underlying resource was closed or consumed";
export const RELEASED = "TypeError: The reader was released.";
export const NO_SUCH_NAME = "Error: failed to lookup address information: Name or service not known";
export const DONE = "done";

/** What a promise resolves to, or what it rejects with. A call that throws instead says so. */
export async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  let promise: Promise<unknown>;
  try {
    promise = call();
  } catch (error) {
    return `throws ${describe(error)}`;
  }
  return await promise.catch(describe);
}

/** As {@link outcome}, of promises that are under way. */
export function outcomes(...promises: Promise<unknown>[]): Promise<unknown[]> {
  return Promise.all(promises.map((promise) => outcome(() => promise)));
}

/** As {@link outcome}, of a call that resolves to nothing. */
export async function completes(call: () => Promise<unknown>): Promise<unknown> {
  return await outcome(call) ?? DONE;
}

/** What a call throws at once; `done` when it returns nothing. */
export function thrown(call: () => unknown): unknown {
  try {
    return call() ?? DONE;
  } catch (error) {
    return describe(error);
  }
}

/** The class of the error in an outcome. */
export function classOf(outcome: unknown): string {
  return /^(?:throws )?(\w+)/.exec(String(outcome))?.[1] ?? "";
}

/** Ours say what was attempted before they say what went wrong: a difference that has a fact of its own. */
const ATTEMPT = /^Cannot [^"]*"[^"]*": /;

/** Of an error, its class, its own code, its message; anything else as it is. */
export function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const name = Object.entries(Deno.errors).find(([, type]) => error.constructor === type)?.[0] ??
    error.constructor.name;
  const code = Object.hasOwn(error, "code") && !(error instanceof DOMException) ? ` ${Reflect.get(error, "code")}` : "";
  return `${name}${code}: ${error.message.replace(ATTEMPT, "")}`;
}
