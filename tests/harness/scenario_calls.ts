/**
 * Socket calls and checks of scenarios, by name.
 *
 * @module
 */
import type { SocketEvent } from "../../stack/engine/engine.ts";
import { ADDRESSES, type Flow } from "./flow.ts";
import type { ScenarioRun } from "./scenario_run.ts";
import type { Line, Words } from "./script_text.ts";
import { streamBytes } from "./stream.ts";

type Call = (run: ScenarioRun, flow: Flow, words: Words, line: Line) => void;

/** Performs a line that is no packet. */
export function performCall(run: ScenarioRun, line: Line): void {
  const call = CALLS[line.verb];
  if (!call) throw new SyntaxError(`Cannot read "${line.verb}": no packet, no call and no check`);
  const words = line.words.again();
  call(run, run.flow(line.flow), words, line);
  words.end();
  run.settle();
}

const CALLS: Record<string, Call> = {
  listen(run, flow, words) {
    flow.localPort = run.listenPort = run.evaluate(words.take("the port"));
    const backlog = words.takeIf("backlog") ? run.evaluate(words.take("the backlog")) : 128;
    const address = words.takeIf("on") ? words.take("the address") : ADDRESSES[run.family].any;
    flow.listener = run.nextId++;
    run.engine.listen(run.now, flow.listener, { address, port: flow.localPort }, backlog);
  },
  unlisten: (run, flow) => run.engine.close(run.now, flow.listener),
  connect(run, flow, words) {
    flow.remotePort = run.evaluate(words.take("the port"));
    flow.localPort = words.takeIf("from") ? run.evaluate(words.take("the local port")) : 50000;
    const address = words.takeIf("to") ? words.take("the address") : flow.peer;
    flow.id = run.nextId++;
    run.engine.connect(run.now, flow.id, flow.localPort, { address, port: flow.remotePort });
  },
  accept: (run, flow) => run.engine.accept(run.now, flow.id),
  write(run, flow, words) {
    const start = flow.written.end;
    const first = words.take("the length");
    const content = first.startsWith('"') ? new TextEncoder().encode(first.slice(1, -1)) : undefined;
    const length = content?.length ?? run.evaluate(first);
    const wanted = words.takeIf("takes") ? run.evaluate(words.take("the number")) : length;
    const bytes = flow.written.put(start, start + length, content);
    const taken = run.engine.write(run.now, flow.id, bytes);
    flow.written.end = start + taken;
    if (taken !== wanted) throw new Error(`expected ${wanted} bytes to be taken, were ${taken}`);
  },
  read(run, flow, words) {
    const first = words.take("the length");
    const content = first.startsWith('"') ? new TextEncoder().encode(first.slice(1, -1)) : undefined;
    const length = content?.length ?? run.evaluate(first);
    const wanted = content ?? flow.sent.get(flow.readPlace, flow.readPlace + length);
    const bytes = new Uint8Array(length);
    const count = run.engine.read(run.now, flow.id, bytes);
    flow.readPlace += count;
    if (count !== length) throw new Error(`expected ${length} bytes to read, were ${count}`);
    const wrong = wanted.findIndex((byte, i) => byte !== bytes[i]);
    if (wrong >= 0) throw new Error(`byte ${wrong} of those read: expected ${wanted[wrong]}, was ${bytes[wrong]}`);
  },
  readable(run, flow, words) {
    const wanted = run.evaluate(words.take("the number"));
    const was = run.engine.readable(flow.id);
    if (was !== wanted) throw new Error(`expected ${wanted} readable bytes, were ${was}`);
  },
  closeWrite: (run, flow) => run.engine.closeWrite(run.now, flow.id),
  close: (run, flow, words) => run.engine.close(run.now, flow.id, words.takeIf("unread")),
  abort: (run, flow) => run.engine.abort(run.now, flow.id),
  noDelay: (run, flow, words) => run.engine.setNoDelay(run.now, flow.id, words.take("on or off") === "on"),
  keepAlive: (run, flow, words) => run.engine.setKeepAlive(run.now, flow.id, words.take("on or off") === "on"),
  bind(run, flow, words) {
    flow.localPort = run.evaluate(words.take("the port"));
    flow.id = run.nextId++;
    const address = words.takeIf("on") ? words.take("the address") : ADDRESSES[run.family].any;
    run.engine.bind(run.now, flow.id, { address, port: flow.localPort });
  },
  connectDatagram(run, flow, words) {
    flow.remotePort = run.evaluate(words.take("the port"));
    flow.localPort = words.takeIf("from") ? run.evaluate(words.take("the local port")) : 50000;
    flow.id = run.nextId++;
    const remote = { address: flow.peer, port: flow.remotePort };
    run.engine.connectDatagram(run.now, flow.id, flow.localPort, remote);
  },
  send(run, flow, words) {
    const bytes = streamBytes(1, 1 + run.evaluate(words.take("the length")));
    run.engine.send(run.now, flow.id, bytes, { address: flow.peer, port: flow.remotePort });
  },
  ping(run, flow, words) {
    const request = { identifier: 1, sequence: 1, data: new Uint8Array(), ttl: 64, timeout: 1000 };
    let to = flow.peer;
    while (!words.isEmpty) {
      const word = words.take("a field");
      if (word === "to") to = words.take("the address");
      else if (word === "id") request.identifier = run.evaluate(words.take("the identifier"));
      else if (word === "seq") request.sequence = run.evaluate(words.take("the sequence number"));
      else if (word === "data") request.data = streamBytes(1, 1 + run.evaluate(words.take("the length")));
      else if (word === "timeout") request.timeout = run.evaluate(words.take("the timeout"));
      else throw new SyntaxError(`Cannot read "${word}"`);
    }
    flow.id = run.nextId++;
    run.engine.ping(run.now, flow.id, to, request);
  },
  receive(run, flow, words) {
    const datagram = run.engine.readDatagram(run.now, flow.id);
    if (words.takeIf("nothing")) {
      if (datagram) throw new Error(`expected no datagram, was one of ${datagram.bytes.length} bytes`);
      return;
    }
    const wanted = streamBytes(1, 1 + run.evaluate(words.take("the length")));
    if (!datagram) throw new Error("expected a datagram, there was none");
    const { bytes, from } = datagram;
    if (bytes.length !== wanted.length || bytes.some((byte, i) => byte !== wanted[i])) {
      throw new Error(`expected ${wanted.length} bytes of the stream, were ${bytes.length}`);
    }
    if (from.address !== flow.peer || from.port !== flow.remotePort) {
      throw new Error(`expected it from ${flow.peer} ${flow.remotePort}, was from ${from.address} ${from.port}`);
    }
  },
  mtu: (run, _flow, words) => run.engine.setMTU(run.now, run.evaluate(words.take("the MTU"))),
  stop: (run) => run.engine.stop(run.now),
  hold(run) {
    run.held = true;
  },
  release(run) {
    run.held = false;
  },
  room(run, _flow, words) {
    run.out.room = words.takeIf("free") ? Infinity : run.evaluate(words.take("the number of packets"));
  },
  event(run, flow, words, line) {
    const kind = words.take("the kind of event");
    const detail = words.isEmpty ? undefined : words.take("the detail");
    const start = run.seen.get(line.flow) ?? 0;
    const at = run.events.findIndex((event, i) => i >= start && event.kind === kind && isOf(flow, event));
    const event = run.events[at];
    if (!event) {
      throw new Error(`expected the event ${kind}; since the last one: ${eventsText(run, flow, start)}`);
    }
    run.seen.set(line.flow, at + 1);
    const was = detailOf(run, event);
    if (detail !== undefined && detail !== was) throw new Error(`expected ${kind} ${detail}, was ${was}`);
  },
  no(run, flow, words, line) {
    if (words.take("the word event") !== "event") throw new SyntaxError('Cannot read the line: "event" is missing');
    const kind = words.take("the kind of event");
    const start = run.seen.get(line.flow) ?? 0;
    const found = run.events.some((event, i) => i >= start && event.kind === kind && isOf(flow, event));
    if (found) throw new Error(`unexpected event ${kind}`);
  },
  dropped(run, _flow, words) {
    const reason = words.take("the reason");
    const wanted = words.isEmpty ? 1 : run.evaluate(words.take("the number"));
    const was = run.dropsSince(reason);
    if (was !== wanted) throw new Error(`expected ${wanted} dropped as ${reason}, were ${was}`);
  },
  idle(run) {
    if (run.engine.nextDeadline() !== Infinity) throw new Error("expected no deadline");
  },
};

/** Why it failed, how long it took, how much may be written, and which flow's listener accepted it. */
function detailOf(run: ScenarioRun, event: SocketEvent): string | undefined {
  if (event.kind === "failed") return event.reason;
  if (event.kind === "answered") return String(Math.round(event.reply.time * 1000) / 1000);
  if (event.kind === "writable") return String(event.bytes);
  return event.kind === "accepted" ? run.nameOfListener(event.listener) : undefined;
}

function isOf(flow: Flow, event: SocketEvent): boolean {
  return event.id === flow.id || event.id === flow.listener;
}

function eventsText(run: ScenarioRun, flow: Flow, start: number): string {
  const events = run.events.slice(start).filter((event) => isOf(flow, event));
  return events.map((event) => event.kind === "failed" ? `failed ${event.reason}` : event.kind).join(", ") || "none";
}
