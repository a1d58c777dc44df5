/**
 * `deno task bench`: every figure beside its peers', as a table; with --json one object a line.
 *
 * Flags, with their defaults: --only=name,name (all; a trailing * fits any end) --rounds=5 --seconds=1 (of each
 * measurement, after a second to get warm)
 */
import { type Figure, measureFigure, type Row } from "./figure.ts";
import { FIGURES } from "./figures/mod.ts";
import { removeGVisor } from "./peers/gvisor.ts";

const options = { json: false, only: "*", rounds: 5, seconds: 1 };

function takeFlags(): void {
  for (const flag of Deno.args) {
    const [, name, text] = /^--(\w+)(?:=(.*))?$/.exec(flag) ?? [];
    if (name === "json") options.json = true;
    else if (name === "only" && text) options.only = text;
    else if ((name === "rounds" || name === "seconds") && Number(text) > 0) options[name] = Number(text);
    else throw new Error(`Cannot use "${flag}": flags are --json, --only=NAMES, --rounds=N and --seconds=N`);
  }
}

function wanted(): Figure[] {
  const patterns = options.only.split(",");
  const chosen = FIGURES.filter(({ name }) => patterns.some((pattern) => fits(name, pattern)));
  if (chosen.length > 0) return chosen;
  throw new Error(`No figure fits "${options.only}": there are ${FIGURES.map(({ name }) => name).join(", ")}`);
}

function fits(name: string, pattern: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const SHOWN = new Set(["name", "value", "unit", "ratio_to", "ratio", "peer_value", "target", "reached", "left_out"]);

function line(row: Row): string {
  const beside = Object.entries(row).filter(([name]) => !SHOWN.has(name)).map(([name, v]) =>
    `${name} ${number(v as number)}`
  );
  const parts = [row.name.padEnd(28), number(row.value).padStart(12), row.unit.padEnd(14)];
  if (row.ratio_to !== null) parts.push(row.ratio_to.padEnd(9));
  if (row.left_out !== undefined) parts.push(`left out: ${row.left_out}`);
  if (row.ratio !== null) parts.push(number(row.peer_value!).padStart(12), `${number(row.ratio)} ×`.padStart(10));
  if (row.target !== undefined) parts.push(`${row.reached ? "reached" : "MISSED "} ${row.target}`);
  return [...parts, ...beside].join(" ");
}

takeFlags();
try {
  for (const figure of wanted()) {
    for (const row of await measureFigure(figure, options.rounds, options.seconds)) {
      console.log(options.json ? JSON.stringify(row) : line(row));
    }
  }
} finally {
  await removeGVisor();
}
