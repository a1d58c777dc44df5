/**
 * A line plot as SVG: x by its logarithm, y from 0.
 *
 * @module
 */

/** One line. */
export interface Line {
  label: string;
  points: [x: number, y: number][];
}

const WIDTH = 460;
const HEIGHT = 260;
const MARGIN = { left: 62, right: 24, top: 10, bottom: 42 };
const COLOURS = ["#1f5fbf", "#2a9d5c", "#c2571a", "#7b3fa0", "#888888", "#b0892b"];
const TICKS = 5;

/** Draws some lines. */
export function plot(lines: Line[], xName: string, yName: string): string {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].toSorted((a, b) => a - b);
  const top = niceAbove(Math.max(...lines.flatMap(({ points }) => points.map(([, y]) => y))));
  const [first, last] = [Math.log(xs[0]), Math.log(xs[xs.length - 1])];
  const across = WIDTH - MARGIN.left - MARGIN.right;
  const atX = (x: number) => MARGIN.left + across * (last === first ? 0.5 : (Math.log(x) - first) / (last - first));
  const atY = (y: number) => HEIGHT - MARGIN.bottom - (HEIGHT - MARGIN.top - MARGIN.bottom) * y / top;
  const parts = [
    ...yTicks(top).map((y) => yTick(y, atY(y))),
    ...spaced(xs, atX).map((x) => text(atX(x), HEIGHT - MARGIN.bottom + 16, x.toLocaleString("en"), "middle")),
    text(MARGIN.left + across / 2, HEIGHT - 6, xName, "middle"),
    ...lines.map(({ points }, i) => drawLine(points.map(([x, y]) => [atX(x), atY(y)]), COLOURS[i % COLOURS.length])),
  ];
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-size="11" role="img">
${parts.join("\n")}
</svg>${legend(lines, yName)}`;
}

function legend(lines: Line[], yName: string): string {
  const items = lines.map(({ label }, i) => `<span style="color:${COLOURS[i % COLOURS.length]}">● ${label}</span>`);
  return `<div style="font-size:12px">${yName}: ${items.join(" &nbsp; ")}</div>`;
}

function drawLine(points: number[][], colour: string): string {
  const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  const dots = points.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${colour}"/>`);
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}`;
}

function yTick(y: number, at: number): string {
  const grid = `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}" stroke="#e4e4e4"/>`;
  return grid + text(MARGIN.left - 6, at + 4, y.toLocaleString("en"), "end");
}

function yTicks(top: number): number[] {
  return Array.from({ length: TICKS + 1 }, (_, i) => top * i / TICKS);
}

/** Those whose labels do not run into each other. */
function spaced(xs: number[], atX: (x: number) => number): number[] {
  const shown: number[] = [];
  for (const x of xs) {
    if (shown.length === 0 || atX(x) - atX(shown[shown.length - 1]) >= 40) shown.push(x);
  }
  return shown;
}

function text(x: number, y: number, content: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#555">${content}</text>`;
}

/** The next number up whose fifths are round. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return power * ([1, 2, 2.5, 4, 5, 7.5].find((factor) => factor * power >= value) ?? 10);
}
