// As much HTTP/1.1 as curl and nginx need: one exchange for each connection, with a length for each body.
import { concat } from "@std/bytes";
import { readExactly, writeAll } from "../../scenarios/hosts.ts";

/** A request or a response: its first line, its headers and what follows. */
export interface Message {
  start: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}

/** Reads one message, to the last byte that its Content-Length announces. */
export async function readMessage(conn: Deno.Conn): Promise<Message> {
  const head: Uint8Array[] = [];
  let text = "";
  while (!text.endsWith("\r\n\r\n")) {
    const byte = await readExactly(conn, 1);
    head.push(byte);
    text += String.fromCharCode(byte[0]);
  }
  const [start, ...lines] = text.trimEnd().split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(/: */, 2) as [string, string]));
  const body = await readExactly(conn, Number(headers.get("content-length") ?? 0));
  return { start, headers, body };
}

/** Writes one message. */
export async function writeMessage(conn: Deno.Conn, start: string, body = new Uint8Array(0)): Promise<void> {
  const head = `${start}\r\nHost: simulated\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  await writeAll(conn, concat([new TextEncoder().encode(head), body]));
}
