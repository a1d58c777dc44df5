// `deno task golden`: measures the whole grid, writes the golden file, and prints the lines that have changed.
import { allCells, formatGolden, measureCell } from "./goodput.ts";

const FILE = new URL("goodput.txt", import.meta.url);

const before = new Set((await readGolden()).split("\n"));
const lines: string[] = [];
for (const cell of allCells()) {
  const line = measureCell(cell);
  lines.push(line);
  if (!before.has(line)) console.log(line);
}
await Deno.writeTextFile(FILE, formatGolden(lines));

async function readGolden(): Promise<string> {
  try {
    return await Deno.readTextFile(FILE);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
