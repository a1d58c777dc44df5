/**
 * The server's end of a WebSocket, in the shape of the web's own (RFC 6455).
 *
 * Main side.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import { frameBytes, OPCODES, WebSocketProblem } from "./frames.ts";
import { type Incoming, MessageReader } from "./messages.ts";

const MESSAGE_MAX = 64 * 1024 * 1024;

/** Bytes of a reason: what a control frame holds besides the code. */
const REASON_MAX = 123;

/** How long, in ms, the peer may take to answer a close frame, or to close its side, once all is sent. */
const CLOSE_TIMEOUT = 5000;

/** §7.4.1. */
const GOING_AWAY = 1001;
const NO_STATUS = 1005;
const ABNORMAL = 1006;

const encoder = new TextEncoder();

const NO_CLOSE_FRAME = "The connection ended without a close frame";

/** Connecting, open, closing, closed: the numbers that `readyState` has for them. */
const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3];

/** What a close frame says. */
interface Closing {
  /** 1005 for nothing. */
  code: number;
  reason: string;
}

/**
 * A WebSocket over a stream.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Duplex } from "node:stream";
 * import { ServerWebSocket } from "./server_web_socket.ts";
 *
 * const sent: number[] = [];
 * const stream = new Duplex({ read() {}, write: (chunk, _encoding, done) => done(void sent.push(...chunk)) });
 * const socket: WebSocket = new ServerWebSocket("", 0);
 * const opened = new Promise((resolve) => socket.onopen = resolve);
 * (socket as ServerWebSocket).open(stream, undefined);
 * await opened;
 * socket.send("Hi");
 * const closed = new Promise((resolve) => socket.onclose = resolve);
 * stream.push(Uint8Array.of(0x88, 0x80, 0, 0, 0, 0));
 * stream.push(null);
 * await closed;
 * assertEquals(sent, [0x81, 2, 72, 105, 0x88, 0]);
 * ```
 */
export class ServerWebSocket extends EventTarget implements WebSocket {
  /** Always 0. */
  readonly CONNECTING = CONNECTING;
  /** Always 1. */
  readonly OPEN = OPEN;
  /** Always 2. */
  readonly CLOSING = CLOSING;
  /** Always 3. */
  readonly CLOSED = CLOSED;
  /** Empty: a server's end has none. */
  readonly url: string;
  /** The subprotocol that was chosen for the upgrade. */
  readonly protocol: string;
  /** Empty: none is supported. */
  readonly extensions: string;
  /** What a binary message arrives as. */
  binaryType: BinaryType;
  /** Called when messages may be sent. */
  onopen: ((this: WebSocket, event: Event) => unknown) | null;
  /** Called with each message. */
  onmessage: ((this: WebSocket, event: MessageEvent) => unknown) | null;
  /** Called when the connection fails, before it is closed. */
  onerror: ((this: WebSocket, event: Event | ErrorEvent) => unknown) | null;
  /** Called when the connection is closed. */
  onclose: ((this: WebSocket, event: CloseEvent) => unknown) | null;
  readonly #idleTimeout: number;
  readonly #reader: MessageReader;
  #stream: Duplex | undefined;
  #state: number;
  /** Asked for by this side. */
  #closing: Closing | undefined;
  #isCloseSent: boolean;
  #bufferedAmount: number;
  /** A Blob is read before it is sent, and what is sent later must stay behind it. */
  #sending: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wasHeard: boolean;
  #wasPinged: boolean;

  /** @param idleTimeout ms; 0 is never. */
  constructor(protocol: string, idleTimeout: number) {
    super();
    this.url = "";
    this.protocol = protocol;
    this.extensions = "";
    this.binaryType = "arraybuffer";
    this.onopen = null;
    this.onmessage = null;
    this.onerror = null;
    this.onclose = null;
    this.#idleTimeout = idleTimeout;
    this.#reader = new MessageReader(MESSAGE_MAX);
    this.#stream = undefined;
    this.#state = CONNECTING;
    this.#closing = undefined;
    this.#isCloseSent = false;
    this.#bufferedAmount = 0;
    this.#sending = undefined;
    this.#timer = undefined;
    this.#wasHeard = true;
    this.#wasPinged = false;
    this.addEventListener("open", (event) => this.onopen?.(event));
    this.addEventListener("message", (event) => this.onmessage?.(event as MessageEvent));
    this.addEventListener("error", (event) => this.onerror?.(event));
    this.addEventListener("close", (event) => this.onclose?.(event as CloseEvent));
  }

  /** CONNECTING, OPEN, CLOSING or CLOSED. */
  get readyState(): number {
    return this.#state;
  }

  /** Bytes of messages that are not on their way yet. */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  /**
   * Sends a message. Its bytes are taken at the call, those of a Blob as soon as they can be read. Once closed it only
   * counts as buffered.
   *
   * @throws {DOMException} named InvalidStateError before the socket is open.
   */
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.#state === CONNECTING) throw new DOMException("The socket is not open yet", "InvalidStateError");
    if (data instanceof Blob) {
      this.#send(data.size, data.bytes().then((bytes) => frameBytes(OPCODES.binary, bytes)));
    } else {
      const bytes = bytesOf(data);
      this.#send(bytes.length, frameBytes(typeof data === "string" ? OPCODES.text : OPCODES.binary, bytes));
    }
  }

  /**
   * Closes the connection, after the messages that were sent.
   *
   * @throws {DOMException} named InvalidAccessError when the code is neither 1000 nor from 3000 to 4999, and SyntaxError
   * when the reason is longer than 123 bytes.
   */
  close(code?: number, reason = ""): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(`Code ${code} must be 1000, or from 3000 to 4999`, "InvalidAccessError");
    }
    if (encoder.encode(reason).length > REASON_MAX) {
      throw new DOMException(`The reason must not be longer than ${REASON_MAX} bytes`, "SyntaxError");
    }
    this.#close({ code: code ?? (reason === "" ? NO_STATUS : 1000), reason });
  }

  /** Begins, on a stream after its handshake; `head` are the first bytes from the client. */
  open(stream: Duplex, head: Uint8Array | undefined): void {
    this.#stream = stream;
    stream.on("error", () => {});
    stream.on("data", (bytes: Uint8Array) => this.#receive(bytes));
    stream.on("end", () => stream.end());
    stream.on("close", () => this.#fail(NO_CLOSE_FRAME));
    if (this.#closing) {
      this.#sendClose(this.#closing);
    } else {
      this.#state = OPEN;
      this.#watch();
      this.dispatchEvent(new Event("open"));
    }
    if (head) this.#receive(head);
    // The client may have left while the handler thought about it.
    if (stream.readableEnded) stream.end();
    if (stream.destroyed) this.#fail(NO_CLOSE_FRAME);
  }

  /** Closes the connection because the server ends; a second time, without waiting for the client. */
  shutDown(): void {
    if (this.#state === CLOSED) this.#stream?.destroy();
    else this.#close({ code: GOING_AWAY, reason: "Server shutting down" });
  }

  #send(size: number, frame: Uint8Array | Promise<Uint8Array>): void {
    this.#bufferedAmount += size;
    if (this.#state !== OPEN) return;
    const write = (bytes: Uint8Array) => this.#write(bytes, () => this.#bufferedAmount -= size);
    if (frame instanceof Promise) this.#inOrder(() => frame.then(write));
    else this.#inOrder(() => write(frame));
  }

  #close(closing: Closing): void {
    if (this.#state >= CLOSING) return;
    this.#closing = closing;
    const wasOpen = this.#state === OPEN;
    this.#state = CLOSING;
    if (wasOpen) this.#inOrder(() => this.#sendClose(closing));
  }

  /** At once, unless something before it is not sent yet. */
  #inOrder(send: () => Promise<void> | void): void {
    const sent = this.#sending ? this.#sending.then(send) : send();
    if (!sent) return;
    const sending = this.#sending = sent.finally(() => {
      if (this.#sending === sending) this.#sending = undefined;
    });
  }

  /** Only once; whoever asks for it first says why. */
  #sendClose({ code, reason }: Closing): void {
    if (this.#isCloseSent) return;
    this.#isCloseSent = true;
    clearTimeout(this.#timer);
    this.#write(frameBytes(OPCODES.close, closePayload(code, reason)), () => {
      if (this.#state === CLOSING) this.#timer = setTimeout(() => this.#stream?.destroy(), CLOSE_TIMEOUT);
    });
  }

  /** Nothing more when this side has ended: a stream that is written to then is destroyed with what it still holds. */
  #write(bytes: Uint8Array, onSent?: () => void): void {
    if (this.#stream?.writable) this.#stream.write(bytes, onSent);
  }

  #receive(bytes: Uint8Array): void {
    this.#wasHeard = true;
    this.#reader.push(bytes);
    try {
      while (this.#state !== CLOSED) {
        const incoming = this.#reader.next();
        if (!incoming) return;
        this.#handle(incoming);
      }
    } catch (error) {
      if (!(error instanceof WebSocketProblem)) throw error;
      this.#sendClose({ code: error.code, reason: error.message });
      this.#fail(error.message);
    }
  }

  #handle(incoming: Incoming): void {
    switch (incoming.kind) {
      case "text":
        return this.#deliver(incoming.text);
      case "binary":
        return this.#deliver(this.binaryType === "blob" ? new Blob([incoming.bytes]) : incoming.bytes.buffer);
      case "ping":
        if (this.#state === OPEN) this.#write(frameBytes(OPCODES.pong, incoming.bytes));
        return;
      case "pong":
        return;
      case "close":
        this.#sendClose(incoming);
        return this.#end(incoming, true);
    }
  }

  #deliver(data: string | ArrayBuffer | Blob): void {
    if (this.#state === OPEN) this.dispatchEvent(new MessageEvent("message", { data }));
  }

  #fail(message: string): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSING;
    this.dispatchEvent(new ErrorEvent("error", { message }));
    this.#end({ code: ABNORMAL, reason: "" }, false);
  }

  #end({ code, reason }: Closing, wasClean: boolean): void {
    this.#state = CLOSED;
    clearTimeout(this.#timer);
    const stream = this.#stream;
    // The client closes its side when it sees that of the server closed (§7.1.1).
    stream?.end(() => {
      if (stream.destroyed) return;
      const timer = setTimeout(() => stream.destroy(), CLOSE_TIMEOUT);
      stream.once("close", () => clearTimeout(timer));
    });
    this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
  }

  /** Looks at times whether the client is still there. */
  #watch(): void {
    if (this.#idleTimeout === 0) return;
    this.#timer = setTimeout(() => this.#check(), this.#idleTimeout);
  }

  #check(): void {
    if (this.#wasPinged && !this.#wasHeard) {
      this.#fail("No response from ping frame.");
      this.#stream?.destroy();
      return;
    }
    this.#wasPinged = !this.#wasHeard;
    this.#wasHeard = false;
    if (this.#wasPinged) this.#write(frameBytes(OPCODES.ping, new Uint8Array(0)));
    this.#watch();
  }
}

function bytesOf(data: string | ArrayBufferLike | ArrayBufferView): Uint8Array {
  if (typeof data === "string") return encoder.encode(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}

function closePayload(code: number, reason: string): Uint8Array {
  if (code === NO_STATUS) return new Uint8Array(0);
  const payload = new Uint8Array(2 + encoder.encode(reason).length);
  new DataView(payload.buffer).setUint16(0, code);
  encoder.encodeInto(reason, payload.subarray(2));
  return payload;
}
