/**
 * What values the options of a stack may have.
 *
 * Main side.
 *
 * @module
 */
import type { StackLimits, TCPOptions } from "./engine/config.ts";

/** Throws unless `value` is one that the option called `name` may have. */
type Check = (name: string, value: unknown) => void;

/** The largest window that TCP can offer (RFC 7323 §2.3), in bytes. */
const LARGEST_BUFFER = 2 ** 30;
/** An acknowledgement may wait less than half a second (RFC 1122 §4.2.3.2), in ms. */
const LONGEST_DELAY = 500;
/** The longest retransmission timeout, in ms. */
const LONGEST_RTO = 120_000;

const CHECKS: { tcp: Record<keyof TCPOptions, Check>; limits: Record<keyof StackLimits, Check> } = {
  tcp: {
    congestion: oneOf("cubic", "newreno"),
    idleRestart: isBoolean,
    sack: isBoolean,
    timestamps: isBoolean,
    rack: isBoolean,
    ecn: isBoolean,
    userTimeout: number(1, Infinity),
    initialWindow: integer(1, 1000),
    windowScaling: isBoolean,
    noDelay: isBoolean,
    delayedAck: number(0, LONGEST_DELAY),
    minRto: number(0, LONGEST_RTO),
    synRetries: integer(0, 255),
    retries: integer(0, 255),
    timeWait: number(0, Infinity),
    keepAlive: members({ idle: number(1, Infinity), interval: number(1, Infinity), count: integer(1, 255) }),
    sendBuffer: members({ max: integer(1, LARGEST_BUFFER) }),
    receiveBuffer: members({ max: integer(1, LARGEST_BUFFER) }),
  },
  limits: {
    connections: integer(1, Infinity),
    backlog: integer(1, Infinity),
    synQueue: integer(0, Infinity),
    receiveMemory: integer(0, Infinity),
    sendMemory: integer(0, Infinity),
    icmpRate: number(0, Infinity),
    udpQueue: integer(0, Infinity),
    reassembly: integer(0, Infinity),
    ephemeralPorts: isPortRange,
  },
};

/**
 * Checks the options of one group, as they come from a program that no compiler has checked.
 *
 * @throws {RangeError} for a number that is out of range, NaN included
 * @throws {TypeError} for a value of the wrong type, and for an option that does not exist
 */
export function checkOptions(group: keyof typeof CHECKS, options: unknown): void {
  if (options !== undefined) members(CHECKS[group])(group, options);
}

function members(checks: Record<string, Check>): Check {
  return (name, value) => {
    if (typeof value !== "object" || value === null) throw wrongType(name, value, "an object");
    for (const [key, member] of Object.entries(value)) {
      if (!Object.hasOwn(checks, key)) {
        throw new TypeError(`Option ${name}.${key} does not exist: must be one of ${Object.keys(checks).join(", ")}`);
      }
      if (member !== undefined) checks[key](`${name}.${key}`, member);
    }
  };
}

function number(least: number, most: number): Check {
  const range = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
  return (name, value) => {
    if (typeof value !== "number") throw wrongType(name, value, "a number");
    if (!(value >= least && value <= most)) throw outOfRange(name, value, range);
  };
}

/** Infinity is one where nothing bounds it. */
function integer(least: number, most: number): Check {
  const check = number(least, most);
  return (name, value) => {
    check(name, value);
    if (!Number.isInteger(value) && value !== Infinity) throw outOfRange(name, value, "an integer");
  };
}

function isBoolean(name: string, value: unknown): void {
  if (typeof value !== "boolean") throw wrongType(name, value, "true or false");
}

function oneOf(...texts: string[]): Check {
  return (name, value) => {
    if (!texts.includes(value as string)) throw wrongType(name, value, texts.map((text) => `"${text}"`).join(" or "));
  };
}

function isPortRange(name: string, value: unknown): void {
  if (!Array.isArray(value) || value.length !== 2) throw wrongType(name, value, "two ports");
  value.forEach((port, i) => integer(1, 65535)(`${name}[${i}]`, port));
  if (value[0] > value[1]) throw outOfRange(name, value, "a first and a last port, in this order");
}

function wrongType(name: string, value: unknown, wanted: string): TypeError {
  return new TypeError(`Option ${name} is ${Deno.inspect(value)}: must be ${wanted}`);
}

function outOfRange(name: string, value: unknown, wanted: string): RangeError {
  return new RangeError(`Option ${name} is ${Deno.inspect(value)}: must be ${wanted}`);
}
