// Every fifth cell of the grid, against the golden file; `deno task golden` measures them all.
import { assertEquals } from "@std/assert";
import { allCells, formatGolden, measureCell } from "./goodput.ts";

const golden = await Deno.readTextFile(new URL("goodput.txt", import.meta.url));
const lines = golden.trimEnd().split("\n").slice(3);

Deno.test("the golden file has a line for each cell", () => {
  assertEquals(lines.length, allCells().length);
  assertEquals(formatGolden(lines), golden);
});

allCells().forEach((cell, i) => {
  if (i % 5 !== 0) return;
  const name = `loss ${100 * cell.loss} %, ${cell.rtt} ms, buffers of ${cell.buffer / 1024} KiB`;
  Deno.test(`goodput is what it was ("deno task golden" if it is better): ${name}`, () => {
    assertEquals(measureCell(cell), lines[i]);
  });
});
