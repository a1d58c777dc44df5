// Fake time, as `FakeTime` of @std/testing has it: the program's Date, timers and AbortSignal.timeout stand still until the test
// moves them, and its fake functions throw once it is put away. `performance.now` and `setImmediate`, which other fakes
// replace too, stand still as well.

interface FakeTimer {
  due: number;
  readonly every: number | undefined;
  readonly action: () => void;
}

const real = { Date, setTimeout, clearTimeout, setInterval, clearInterval, setImmediate };
const realPerformanceNow = performance.now;
const realSignalTimeout = AbortSignal.timeout;

/** While one is there, the time of the program is fake. */
export class FakeTime implements Disposable {
  readonly start: number;
  #now: number;
  #restored: boolean;
  #lastId: number;
  readonly #timers: Map<number, FakeTimer>;

  /** Begins at `start`, in ms since the epoch; by default now. */
  constructor(start: number = real.Date.now()) {
    this.start = start;
    this.#now = start;
    this.#restored = false;
    this.#lastId = 0;
    this.#timers = new Map();
    this.#replaceGlobals();
  }

  get now(): number {
    return this.#now;
  }

  /** Moves time on, and calls what is due on the way, each at its own time. */
  tick(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter(([, { due }]) => due <= end).sort(([, a], [, b]) => a.due - b.due)[0];
      if (next === undefined) break;
      const [id, timer] = next;
      this.#now = timer.due;
      if (timer.every === undefined) this.#timers.delete(id);
      else timer.due += timer.every;
      timer.action();
    }
    this.#now = end;
  }

  restore(): void {
    this.#restored = true;
    Object.assign(globalThis, real);
    performance.now = realPerformanceNow;
    AbortSignal.timeout = realSignalTimeout;
  }

  [Symbol.dispose](): void {
    if (!this.#restored) this.restore();
  }

  #replaceGlobals(): void {
    type Action = (...args: unknown[]) => void;
    const start = (what: string, repeats: boolean) => (action: Action, delay = 0, ...args: unknown[]) => {
      this.#check(`Cannot set ${what}`);
      const every = repeats ? Math.max(1, Math.floor(delay)) : undefined;
      const due = this.#now + (every ?? Math.max(0, Math.floor(delay)));
      this.#timers.set(++this.#lastId, { due, every, action: () => action(...args) });
      return this.#lastId;
    };
    const stop = (what: string) => (id?: unknown) => {
      this.#check(`Cannot clear ${what}`);
      if (typeof id === "number") this.#timers.delete(id);
    };
    const now = () => this.#restored ? real.Date.now() : this.#now;
    Object.assign(globalThis, {
      Date: new Proxy(real.Date, {
        construct: (target, args) => Reflect.construct(target, args.length === 0 ? [now()] : args),
        apply: () => new real.Date(now()).toString(),
        get: (target, property, receiver) => property === "now" ? now : Reflect.get(target, property, receiver),
      }),
      setTimeout: start("timeout", false),
      clearTimeout: stop("timeout"),
      setInterval: start("interval", true),
      clearInterval: stop("interval"),
      setImmediate: (action: Action, ...args: unknown[]) => start("immediate", false)(action, 0, ...args),
    });
    performance.now = () => this.#now - this.start;
    AbortSignal.timeout = (delay) => {
      const controller = new AbortController();
      start("timeout", false)(() => controller.abort(new DOMException("Signal timed out.", "TimeoutError")), delay);
      return controller.signal;
    };
  }

  #check(what: string): void {
    if (this.#restored) throw Object.assign(new Error(`${what}: time is not faked`), { name: "TimeError" });
  }
}
