/**
 * Makes one HTML file, with nothing outside of it, from what `deno task bench --json` printed:
 *
 *     deno task bench --json > figures.jsonl
 *     deno run -A tests/bench/report.ts figures.jsonl report.html
 *
 * @module
 */
import type { Row } from "./figure.ts";
import { type Line, plot } from "./plot.ts";

/** A plot: figures whose names differ in one number. */
interface Growth {
  title: string;
  x: string;
  name: RegExp;
}

const GROWTHS: Growth[] = [
  { title: "Goodput by packet size, one way", x: "MTU, bytes", name: /^bulk_mtu(\d+)(_inline)?$/ },
  { title: "Goodput by packet size, both ways at once", x: "MTU, bytes", name: /^bulk_mtu(\d+)_both(_inline)?$/ },
  { title: "Goodput by number of flows", x: "flows", name: /^flows_(\d+)(_inline)?$/ },
  { title: "Goodput by number of pairs of hosts", x: "pairs", name: /^pairs_(\d+)(_inline)?$/ },
  { title: "Datagrams by size", x: "payload, bytes", name: /^udp_(\d+)b(_inline)?$/ },
];

/** They come first, so that they have the same colours in each plot. */
const OURS = ["ours, workers", "ours, inline"];

/** The lines of one plot: ours with workers and inline, and each peer's. */
function linesOf(rows: Row[], { name }: Growth): Line[] {
  const lines = new Map(OURS.map((label) => [label, new Map<number, number>()]));
  const add = (label: string, x: number, y: number) => {
    const points = lines.get(label) ?? new Map<number, number>();
    lines.set(label, points.set(x, y));
  };
  for (const row of rows) {
    const match = name.exec(row.name);
    if (match === null) continue;
    const x = Number(match[1]);
    add(OURS[match[2] === undefined ? 0 : 1], x, row.value);
    if (row.ratio_to !== null && row.peer_value !== undefined && row.ratio_to !== "one_flow") {
      add(row.ratio_to, x, row.peer_value);
    }
  }
  return [...lines].map(([label, points]) => ({ label, points: [...points].toSorted(([a], [b]) => a - b) }));
}

function tableRow(row: Row): string {
  const cell = (text: unknown, kind = "") => `<td${kind}>${escape(String(text ?? ""))}</td>`;
  const amount = (value: number | null | undefined) =>
    cell(
      value === null || value === undefined ? "" : value.toLocaleString("en", { maximumSignificantDigits: 3 }),
      ' class="n"',
    );
  const verdict = row.reached === undefined ? "" : row.reached ? ' class="ok"' : ' class="missed"';
  return `<tr>${cell(row.name)}${amount(row.value)}${cell(row.unit)}${cell(row.ratio_to)}${amount(row.peer_value)}${
    amount(row.ratio)
  }${cell(row.left_out ?? row.target, verdict)}</tr>`;
}

function page(rows: Row[]): string {
  const plots = GROWTHS.map((growth) => ({ growth, lines: linesOf(rows, growth) })).filter(({ lines }) =>
    lines.length > 0
  );
  const figures = plots.map(({ growth, lines }) => {
    const unit = rows.find(({ name }) => growth.name.test(name))!.unit;
    return `<figure><figcaption>${growth.title}</figcaption>${plot(lines, growth.x, unit)}</figure>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Figures</title>
<style>
  body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; color: #222; }
  figure { display: inline-block; margin: 0 1rem 1.5rem 0; vertical-align: top; }
  figcaption { font-weight: 600; margin-bottom: .3rem; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; padding: .15rem .7rem; border-bottom: 1px solid #e4e4e4; }
  .n { text-align: right; }
  .ok { color: #17692b; }
  .missed { color: #a81c1c; font-weight: 600; }
</style>
<h1>Figures</h1>
<p>Each beside that of others, measured by turns in one run; medians. The ratio is ours divided by the peer's.</p>
${figures.join("\n")}
<table>
<tr><th>figure<th class="n">ours<th>unit<th>peer<th class="n">the peer's<th class="n">ratio<th>target</tr>
${rows.map(tableRow).join("\n")}
</table>
`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

const [source, target] = Deno.args;
if (target === undefined) throw new Error("Say what to read and what to write: report.ts figures.jsonl report.html");
const rows = (await Deno.readTextFile(source)).split("\n").filter((line) => line.startsWith("{")).map((line) =>
  JSON.parse(line)
);
await Deno.writeTextFile(target, page(rows));
console.log(`${target}: ${rows.length} rows`);
