// Stand-in for @std/async where JSR is out of reach: the functions which the tests use, same signatures, same failures.

export interface DelayOptions {
  /** Ends the delay early, by rejecting with the signal's reason. */
  signal?: AbortSignal;
  /** Whether the delay keeps the process alive; true unless said otherwise. */
  persistent?: boolean;
}

export interface DeadlineOptions {
  /** Ends the wait early, by rejecting with the signal's reason. */
  signal?: AbortSignal;
}

/** Resolves after `ms` milliseconds. */
export async function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent = true } = options;
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  if (!persistent) Deno.unrefTimer(timer);
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** The outcome of `p`, or a rejection with a `TimeoutError` DOMException when `p` takes longer than `ms` milliseconds. */
export async function deadline<T>(p: Promise<T>, ms: number, options: DeadlineOptions = {}): Promise<T> {
  const timeout = AbortSignal.timeout(ms);
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([p, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
