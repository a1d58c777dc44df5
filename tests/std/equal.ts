// The deep equality behind `assertEquals`, for networks that cannot reach JSR.

// The real `equal` looks at enumerable own properties only, so two different ones of these are always equal to it.
// An assertion that cannot fail is worse than none: compare what they hold instead.
const OPAQUE = [ArrayBuffer, SharedArrayBuffer, DataView, Error, Promise, WeakMap, WeakSet];

type Elements = ArrayLike<unknown>;

/** Whether two values are equal structurally, as `@std/assert` means it: 0 equals -0, NaN equals NaN. */
export function equal(left: unknown, right: unknown): boolean {
  return new Comparison().equal(left, right);
}

class Comparison {
  /** The pairs under comparison, outermost first: a cycle that comes back to one of them ends there. */
  readonly #open: [object, object][] = [];

  equal(left: unknown, right: unknown): boolean {
    if (left === right || Object.is(left, right)) return true;
    if (!isObject(left) || !isObject(right)) return false;
    if (!samePrototype(left, right)) return false;
    if (left instanceof Date) return this.equal(left.getTime(), (right as Date).getTime());
    if (left instanceof RegExp || left instanceof URL) return String(left) === String(right);
    if (left instanceof WeakRef) return this.equal(left.deref(), (right as WeakRef<object>).deref());
    for (const type of OPAQUE) {
      if (left instanceof type) throw new TypeError(`Cannot compare ${type.name} instances: compare what they hold`);
    }
    if (this.#open.some(([a, b]) => a === left && b === right)) return true;
    this.#open.push([left, right]);
    const same = this.#sameParts(left, right);
    this.#open.pop();
    return same;
  }

  #sameParts(left: object, right: object): boolean {
    if (ArrayBuffer.isView(left)) return this.#sameElements(left as unknown as Elements, right as unknown as Elements);
    if (left instanceof Map) return this.#sameEntries([...left], [...right as Map<unknown, unknown>]);
    if (left instanceof Set) return this.#sameEntries([...left].map(alone), [...right as Set<unknown>].map(alone));
    return this.#sameProperties(left, right);
  }

  #sameElements(left: Elements, right: Elements): boolean {
    if (left.length !== right.length) return false;
    for (let i = 0; i < left.length; i++) {
      if (left[i] !== right[i] && !Object.is(left[i], right[i])) return false;
    }
    return true;
  }

  #sameEntries(left: unknown[][], right: unknown[][]): boolean {
    if (left.length !== right.length) return false;
    const rest = new Set(right);
    return left.every((entry) => {
      for (const other of rest) {
        if (entry.every((part, i) => this.equal(part, other[i]))) return rest.delete(other);
      }
      return false;
    });
  }

  #sameProperties(left: object, right: object): boolean {
    const keys = visibleKeys(left);
    if (keys.length !== visibleKeys(right).length) return false;
    return keys.every((key) => key in right && this.equal(Reflect.get(left, key), Reflect.get(right, key)));
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function alone(value: unknown): unknown[] {
  return [value];
}

/** An object without a prototype equals a literal, as Deno's own addresses have none. */
function samePrototype(left: object, right: object): boolean {
  const [a, b] = [left, right].map((object) => Object.getPrototypeOf(object) ?? Object.prototype);
  return a === b;
}

function visibleKeys(object: object): PropertyKey[] {
  return Reflect.ownKeys(object).filter((key) => Object.prototype.propertyIsEnumerable.call(object, key));
}
