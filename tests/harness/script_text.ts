/**
 * The text of scenarios: lines, words and numbers. See `tests/conformance/README.md` for the language.
 *
 * @module
 */

/** When a line happens: ms from the start, or from the line before; `until` bounds a range. */
export interface When {
  relative: boolean;
  from: number;
  until: number;
}

/** One line, taken apart. */
export interface Line {
  number: number;
  text: string;
  when: When;
  /** The flow that it is about. */
  flow: string;
  /** `<` a packet to the engine, `>` one from it, or the name of a call or check. */
  verb: string;
  words: Words;
}

const TIME = /^(\+?)(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?$/;

/** Reads a scenario. Empty lines, and what follows ` -- `, are comments. */
export function parseScenario(text: string): Line[] {
  const lines: Line[] = [];
  text.split("\n").forEach((raw, index) => {
    const line = raw.replace(/(^|\s)--.*$/, "").trim();
    if (line === "") return;
    lines.push(parseLine(line, index + 1));
  });
  return lines;
}

function parseLine(text: string, number: number): Line {
  const words = text.match(/"[^"]*"|\S+/g)!;
  let when: When = { relative: true, from: 0, until: 0 };
  let flow = "1";
  const time = TIME.exec(words[0]);
  if (time) {
    const from = Number(time[2]);
    when = { relative: time[1] === "+", from, until: time[3] === undefined ? from : Number(time[3]) };
    words.shift();
  }
  if (words[0]?.startsWith("#")) flow = words.shift()!.slice(1);
  const verb = words.shift();
  if (verb === undefined) throw new SyntaxError(`Cannot read line ${number} "${text}": nothing happens in it`);
  return { number, text, when, flow, verb, words: new Words(words) };
}

/** The words of a line, to be taken one after the other. */
export class Words {
  readonly #words: readonly string[];
  #next: number;

  constructor(words: readonly string[]) {
    this.#words = words;
    this.#next = 0;
  }

  /** The same words from the start. */
  again(): Words {
    return new Words(this.#words);
  }

  get isEmpty(): boolean {
    return this.#next === this.#words.length;
  }

  peek(): string | undefined {
    return this.#words[this.#next];
  }

  take(what: string): string {
    const word = this.#words[this.#next];
    if (word === undefined) throw new SyntaxError(`Cannot read the line: ${what} is missing`);
    this.#next++;
    return word;
  }

  /** Takes the next word if it is `word`. */
  takeIf(word: string): boolean {
    if (this.peek() !== word) return false;
    this.#next++;
    return true;
  }

  end(): void {
    if (!this.isEmpty) throw new SyntaxError(`Cannot read "${this.peek()}"`);
  }
}

/** Names that stand for numbers. */
export type Names = Readonly<Record<string, number>>;

/** A number: terms with + and -, each a number or a name, times a number: `1+2*MSS`. */
export function evaluate(text: string, names: Names): number {
  if (/^0x[0-9a-fA-F]+$/.test(text)) return Number(text);
  const terms = text.match(/[+-]?[^+-]+/g);
  if (!terms || terms.join("") !== text) throw new SyntaxError(`Cannot read the number "${text}"`);
  return terms.reduce((sum, term) => sum + evaluateTerm(term, names), 0);
}

function evaluateTerm(term: string, names: Names): number {
  const sign = term.startsWith("-") ? -1 : 1;
  return term.replace(/^[+-]/, "").split("*").reduce((product, factor) => {
    const value = /^\d+(\.\d+)?$/.test(factor) ? Number(factor) : names[factor];
    if (value === undefined) throw new SyntaxError(`Cannot read the number "${factor}"`);
    return product * value;
  }, sign);
}

/** A range `start:end`; a number alone is an empty one. */
export function evaluateRange(text: string, names: Names): [start: number, end: number] {
  const [start, end] = text.split(":");
  const first = evaluate(start, names);
  return [first, end === undefined ? first : evaluate(end, names)];
}
