// Lint rules of this project: who may import whom, and what the engine may not touch.
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A part of the project, and the parts it may import from besides itself. */
interface Zone {
  name: string;
  files: RegExp;
  imports: string[];
  /** What it may import that Deno brings along. */
  builtins?: RegExp;
}

const ADDRESS = "stack/wire/ip_address.ts";
const WIRE = "stack/wire";
const ENGINE = "stack/engine";
const DEQUE = "stack/engine/deque.ts";
const REMOTE = "stack/{remote_socket,messages}.ts";
const STACK = "stack";
const SOCKETS = "the adapters' sockets";
const ADAPTERS = "the adapters over a stack";
const TUN = "the adapter to the kernel";
const NODE = "the adapters for Node";
const GATEWAY = "the gateway";
const HTTP = "the adapters for HTTP";
const VNIC = "vnic";
const PCAP = "pcap";
const INTERNET = "internet";
const CLOCK = "stack/{real_time,clock}.ts";
const TESTING = "adapters/testing";
const TESTS = "tests";
const EXAMPLES = "examples";

// The first zone whose pattern fits a path is its zone. A path in none, as mod.ts is, may import the whole library.
const ZONES: Zone[] = [
  { name: ADDRESS, files: /^stack\/wire\/ip_address\.ts$/, imports: [WIRE] },
  { name: WIRE, files: /^stack\/wire\//, imports: [ADDRESS] },
  { name: DEQUE, files: /^stack\/engine\/deque\.ts$/, imports: [] },
  { name: ENGINE, files: /^stack\/engine\//, imports: [WIRE, ADDRESS, DEQUE] },
  {
    name: REMOTE,
    files: /^stack\/(remote_socket|messages)\.ts$/,
    imports: [STACK, ENGINE, WIRE, ADDRESS, VNIC, SOCKETS],
  },
  { name: CLOCK, files: /^stack\/(real_time|clock)\.ts$/, imports: [] },
  { name: STACK, files: /^stack\//, imports: [REMOTE, ENGINE, DEQUE, WIRE, ADDRESS, VNIC, SOCKETS, CLOCK] },
  // Whatever builds on a whole stack is listed here; all else in adapters/ serves the sockets, which know only their remote half.
  {
    name: ADAPTERS,
    files: /^adapters\/(mod|connector|listen_config|deno_net|ping)\.ts$/,
    imports: [SOCKETS, STACK, REMOTE, ADDRESS, TUN, TESTING, GATEWAY, HTTP],
  },
  { name: HTTP, files: /^adapters\/http\//, imports: [SOCKETS, STACK, GATEWAY, NODE], builtins: /^node:/ },
  { name: GATEWAY, files: /^adapters\/gateway\//, imports: [SOCKETS, STACK, ADDRESS], builtins: /^node:/ },
  { name: TUN, files: /^adapters\/tun(_\w+)?\.ts$/, imports: [INTERNET, VNIC, STACK] },
  { name: TESTING, files: /^adapters\/testing\//, imports: [INTERNET, STACK, VNIC, PCAP, CLOCK] },
  {
    name: NODE,
    files: /^adapters\/node(\.ts$|\/)/,
    imports: [SOCKETS, STACK, REMOTE, CLOCK],
    builtins: /^node:/,
  },
  { name: SOCKETS, files: /^adapters\//, imports: [REMOTE, DEQUE, ADDRESS] },
  { name: VNIC, files: /^vnic\//, imports: [] },
  { name: PCAP, files: /^pcap\//, imports: [CLOCK] },
  { name: INTERNET, files: /^internet\//, imports: [STACK, REMOTE, DEQUE, VNIC, WIRE, ADDRESS, PCAP] },
  { name: TESTS, files: /^tests\//, imports: [] },
  { name: EXAMPLES, files: /^examples\//, imports: [], builtins: /^node:/ },
];

/** The zones whose code gets time and randomness as arguments. */
const SANS_IO = [ADDRESS, WIRE, DEQUE, ENGINE];

/** A file's path relative to the project, with slashes; it begins with "../" when the file is elsewhere. */
function projectPath(...path: string[]): string {
  return relative(ROOT, resolve(ROOT, ...path)).replaceAll("\\", "/");
}

function zoneOf(path: string): Zone | undefined {
  return ZONES.find((zone) => zone.files.test(path));
}

/** What is wrong with `file` importing `specifier`, or undefined. */
function objection(file: string, specifier: string): string | undefined {
  const from = zoneOf(file);
  if (from?.name === TESTS) return undefined;
  if (from?.builtins?.test(specifier)) return undefined;
  if (!/^\.\.?\//.test(specifier)) return "only relative imports here, so that nothing is fetched";
  if (from?.name === EXAMPLES) return undefined;
  const target = projectPath(dirname(file), specifier);
  const to = zoneOf(target);
  if (target.startsWith("../") || to?.name === TESTS || to?.name === EXAMPLES) return "it is outside of the library";
  if (from === undefined || from === to || (to && from.imports.includes(to.name))) return undefined;
  return `${from.name} may import ${from.imports.join(", ") || "nothing but itself"}`;
}

/** The text of a string, or of a template without holes. */
function constantText(node: Deno.lint.Node): string | undefined {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0].cooked;
  if (node.type === "TSLiteralType") return constantText(node.literal);
  return undefined;
}

const arrows: Deno.lint.Rule = {
  create(context) {
    const file = projectPath(context.filename);
    if (file.startsWith("../")) return {};

    function check(node: Deno.lint.Node, source: Deno.lint.Node | null | undefined): void {
      if (!source) return;
      const specifier = constantText(source);
      const reason = specifier === undefined ? unreadable() : objection(file, specifier);
      if (reason === undefined) return;
      const message = `Cannot import ${context.sourceCode.getText(source)}: ${reason}`;
      context.report({ node, message, hint: "CONTRIBUTING.md says who may import whom" });
    }

    function unreadable(): string | undefined {
      return zoneOf(file)?.name === TESTS ? undefined : "its name is computed, so nobody can check it";
    }

    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.argument),
    };
  },
};

// The last leads around this rule.
const IMPURE = ["Date", "performance", "globalThis"];

const pure: Deno.lint.Rule = {
  create(context) {
    if (!SANS_IO.includes(zoneOf(projectPath(context.filename))?.name ?? "")) return {};
    return {
      Identifier(node) {
        const name = impureName(node);
        if (name === undefined) return;
        context.report({ node, message: `Cannot use ${name} here: time and randomness are arguments` });
      },
    };
  },
};

/** The zones that go on in real time where a test fakes the program's. */
const IN_REAL_TIME = [STACK, REMOTE, VNIC, PCAP, INTERNET, TESTING];
const TIME = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "queueMicrotask"];

const realTime: Deno.lint.Rule = {
  create(context) {
    if (!IN_REAL_TIME.includes(zoneOf(projectPath(context.filename))?.name ?? "")) return {};
    const imported = new Set<string>();
    return {
      ImportSpecifier: (node) => void imported.add(node.local.name),
      Identifier(node) {
        const { parent } = node as { parent: Deno.lint.Node };
        const isOfTime = TIME.includes(node.name) || node.name === "Date" || node.name === "performance";
        if (!isOfTime || imported.has(node.name) || isOnlyAName(node, parent)) return;
        context.report({
          node,
          message:
            `Cannot use the global ${node.name} here: stack/real_time.ts and stack/clock.ts have what tests do not fake`,
        });
      },
    };
  },
};

function impureName(node: Deno.lint.Identifier): string | undefined {
  const { parent } = node as { parent: Deno.lint.Node };
  if (isOnlyAName(node, parent)) return undefined;
  if (IMPURE.includes(node.name)) return node.name;
  if (node.name !== "Math") return undefined;
  if (parent.type !== "MemberExpression" || parent.object !== node) return "Math as a value";
  const property = parent.computed ? constantText(parent.property) : nameOf(parent.property);
  if (property === undefined) return "a computed part of Math";
  return property === "random" ? "Math.random" : undefined;
}

function nameOf(node: Deno.lint.Node): string | undefined {
  return node.type === "Identifier" ? node.name : undefined;
}

/** Whether an identifier names a property or a type, rather than standing for a value. */
function isOnlyAName(node: Deno.lint.Identifier, parent: Deno.lint.Node): boolean {
  switch (parent.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
      return parent.key === node && !parent.computed;
    case "PropertyDefinition":
      return parent.key === node && !parent.computed;
    case "TSPropertySignature":
    case "TSTypeReference":
      return true;
    default:
      return false;
  }
}

export default { name: "uis", rules: { arrows, pure, realTime } } satisfies Deno.lint.Plugin;
