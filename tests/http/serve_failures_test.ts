// Handlers, bodies and clients that fail half-way.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { bytes, readAll, text, writeAll } from "../scenarios/hosts.ts";
import { eachServer, eachSimulated, parse, readUntil, say } from "./servers.ts";

const CLOSE = "Host: example\r\nConnection: close\r\n\r\n";

eachServer("a handler that fails is answered by onError", async (serve) => {
  const errors: unknown[] = [];
  const used = new Response("used");
  await used.text();
  const results: Record<string, () => unknown> = {
    "/throws": () => {
      throw new Error("boom");
    },
    "/rejects": () => Promise.reject(new Error("boom")),
    "/nothing": () => undefined,
    "/used": () => used,
  };
  await using served = await serve((request) => results[new URL(request.url).pathname]() as Response, {
    onError: (error) => {
      errors.push(error);
      return new Response("sorry", { status: 503 });
    },
  });
  for (const path of Object.keys(results)) {
    const { status, body } = parse(await say(served, `GET ${path} HTTP/1.1\r\n${CLOSE}`));
    assertEquals([path, status, body], [path, "HTTP/1.1 503 Service Unavailable", "sorry"]);
  }
  assertEquals(errors.map(String), [
    "Error: boom",
    "Error: boom",
    "TypeError: Return value from serve handler must be a response or a promise resolving to a response",
    "TypeError: The body of the Response returned from the serve handler has already been consumed",
  ]);
});

eachSimulated("without onError the error is printed, and the answer is 500", async (serve) => {
  const { error: print } = console;
  const printed: unknown[] = [];
  console.error = (...args: unknown[]) => void printed.push(...args);
  try {
    await using served = await serve(() => {
      throw new Error("boom");
    });
    const { status, body } = parse(await say(served, `GET / HTTP/1.1\r\n${CLOSE}`));
    assertEquals([status, body], ["HTTP/1.1 500 Internal Server Error", "Internal Server Error"]);
  } finally {
    console.error = print;
  }
  assertEquals(printed.length, 1);
});

eachSimulated("an onError that fails too makes it a 500", async (serve) => {
  const { error: print } = console;
  console.error = () => {};
  try {
    const fail = () => {
      throw new Error("boom");
    };
    await using served = await serve(fail, { onError: fail });
    assertMatch(await say(served, `GET / HTTP/1.1\r\n${CLOSE}`), /^HTTP\/1.1 500 Internal Server Error\r\n/);
  } finally {
    console.error = print;
  }
});

eachServer("a body that fails ends the response without its end, and onError hears of it", async (serve) => {
  const errors: unknown[] = [];
  let pulls = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (pulls++ > 0) return controller.error(new Error("boom"));
      controller.enqueue(bytes("part"));
    },
  });
  await using served = await serve(() => new Response(body), {
    onError: (error) => {
      errors.push(error);
      return new Response("not sent");
    },
  });
  const answer = await say(served, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  assertMatch(answer, /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\n4\r\npart\r\n$/);
  assertEquals(errors.map(String), ["Error: boom"]);
});

eachSimulated("a body that fails before it is its response's turn ends the connection in its turn", async (serve) => {
  const gate = Promise.withResolvers<void>();
  await using served = await serve(async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/slow") await gate.promise;
    if (pathname !== "/fails") return new Response(`answer ${pathname}`);
    const body = (async function* () {
      yield bytes("part");
      await new Promise(setImmediate);
      throw new Error("boom");
    })();
    return new Response(ReadableStream.from(body));
  }, {
    onError: () => {
      gate.resolve();
      return new Response("not sent");
    },
  });
  const requests = ["/slow", "/fails", "/late"].map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const answer = await say(served, requests.join(""));
  assertMatch(answer, /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nanswer \/slowHTTP\/1.1 200 OK\r\n[^]*\r\n\r\n4\r\npart\r\n$/);
});

eachServer("a streamed body arrives as it is made, its head before it", async (serve) => {
  const body = new TransformStream<Uint8Array<ArrayBuffer>>();
  await using served = await serve(() => new Response(body.readable));
  using conn = await served.dial();
  await writeAll(conn, bytes(`GET / HTTP/1.1\r\n${CLOSE}`));
  assertMatch(await readUntil(conn, "\r\n\r\n"), /^HTTP\/1.1 200 OK\r\n[^]*chunked/i);
  const writer = body.writable.getWriter();
  for (const part of ["one", "two"]) {
    await writer.write(bytes(part));
    assertEquals(await readUntil(conn, `${part}\r\n`), `3\r\n${part}\r\n`);
  }
  await writer.close();
  assertEquals(text(await readAll(conn)), "0\r\n\r\n");
});

eachServer("a client that leaves cancels the body", async (serve) => {
  const cancelled = Promise.withResolvers<void>();
  await using served = await serve(() => {
    const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(new Uint8Array(1000));
    return new Response(new ReadableStream({ pull, cancel: () => cancelled.resolve() }));
  });
  const conn = await served.dial();
  await writeAll(conn, bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  await readUntil(conn, "\r\n\r\n");
  conn.close();
  await cancelled.promise;
});

eachSimulated(
  "a client that leaves while the handler works aborts its request, and completed rejects",
  async (serve) => {
    const outcome = Promise.withResolvers<unknown>();
    await using served = await serve(async (request, { completed }) => {
      completed.then(() => outcome.resolve("completed"), outcome.resolve);
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      assertEquals(request.signal.reason.name, "AbortError");
      return new Response("nobody reads this");
    });
    const conn = await served.dial();
    await writeAll(conn, bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    conn.close();
    assert(await outcome.promise instanceof Deno.errors.Interrupted);
  },
);

eachSimulated("a client that leaves ends all the responses that it waits for", async (serve) => {
  const told: Record<string, PromiseWithResolvers<unknown>> = {
    "/1": Promise.withResolvers(),
    "/2": Promise.withResolvers(),
    "/3": Promise.withResolvers(),
    "/3 cancelled": Promise.withResolvers(),
  };
  const streaming = Promise.withResolvers<void>();
  await using served = await serve(async (request, { completed }) => {
    const { pathname } = new URL(request.url);
    const aborted = new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    aborted.then(() => completed).catch(told[pathname].resolve);
    if (pathname !== "/3") await aborted;
    const pull = (controller: ReadableStreamDefaultController) => {
      controller.enqueue(new Uint8Array(1000));
      streaming.resolve();
    };
    return new Response(new ReadableStream({ pull, cancel: told["/3 cancelled"].resolve }));
  });
  const conn = await served.dial();
  await writeAll(conn, bytes(["1", "2", "3"].map((path) => `GET /${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join("")));
  await streaming.promise;
  conn.close();
  for (const [what, { promise }] of Object.entries(told)) {
    assert(await promise instanceof Deno.errors.Interrupted, what);
  }
});

eachSimulated("a request that was answered is not aborted, and is completed", async (serve) => {
  const outcome = Promise.withResolvers<void>();
  let request: Request | undefined;
  await using served = await serve((asked, { completed }) => {
    request = asked;
    completed.then(outcome.resolve, outcome.reject);
    return new Response("all of it");
  });
  assertEquals(parse(await say(served, `GET / HTTP/1.1\r\n${CLOSE}`)).body, "all of it");
  await outcome.promise;
  assertEquals(request?.signal.aborted, false);
});

eachServer("a request that is cut short fails the reading of its body", async (serve) => {
  const failed = Promise.withResolvers<unknown>();
  await using served = await serve(async (request) => {
    failed.resolve(await request.text().then((text) => text, (error) => error));
    return new Response("nobody reads this");
  });
  using conn = await served.dial();
  await writeAll(conn, bytes("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"));
  conn.close();
  assert(await failed.promise instanceof Error, String(await failed.promise));
});

for (const what of ["cancelled", "ignored", "half read"] as const) {
  eachServer(`a body that is ${what} is answered all the same, and the connection goes on or ends`, async (serve) => {
    await using served = await serve(async (request) => {
      if (what === "cancelled") await request.body!.cancel();
      if (what === "half read") {
        const reader = request.body!.getReader();
        await reader.read();
        await reader.cancel();
      }
      return new Response("answer");
    });
    const body = "x".repeat(100_000);
    const answer = await say(served, `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n${CLOSE}${body}`);
    assertMatch(answer, /^HTTP\/1.1 200 OK\r\n[^]*answer$/);
  });
}

eachSimulated("a body that nobody reads does not hold up the next request of its connection", async (serve) => {
  const late = Promise.withResolvers<unknown>();
  await using served = await serve((request, { completed }) => {
    const read = () => request.text().then((text) => text.length, String);
    if (request.method === "POST") completed.then(() => setTimeout(() => late.resolve(read())));
    return new Response("answer");
  });
  using conn = await served.dial();
  const body = "x".repeat(300_000);
  // What the client still sends when it has its answer, and what it sends afterwards.
  await writeAll(conn, bytes(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\nsome`));
  await readUntil(conn, "answer");
  await writeAll(conn, bytes(`${body.slice(4)}GET / HTTP/1.1\r\n${CLOSE}`));
  await readUntil(conn, "answer");
  assertEquals(await late.promise, "TypeError: Request closed");
});

eachSimulated("a body that a handler holds on to ends the connection with the response", async (serve) => {
  const handlers: Record<string, (request: Request) => unknown> = {
    "/reads a part": ({ body }) => body!.getReader().read(),
    "/clones": (request) => void request.clone(),
    "/pipes": ({ body }) =>
      void body!.pipeTo(new WritableStream({ write: () => new Promise(() => {}) })).catch(() => {}),
    "/cancels": async ({ body }) => {
      const reader = body!.getReader();
      await reader.read();
      await reader.cancel();
    },
  };
  await using served = await serve(async (request) => {
    await handlers[decodeURI(new URL(request.url).pathname)](request);
    return new Response("too large", { status: 413 });
  });
  for (const path of Object.keys(handlers)) {
    using conn = await served.dial();
    const head = `POST ${encodeURI(path)} HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n`;
    await writeAll(conn, bytes(`${head}${"x".repeat(1000)}`));
    const { headers } = parse(await readUntil(conn, "too large"));
    const connection = path === "/cancels" ? "keep-alive" : "close";
    assertEquals([path, headers.get("connection")], [path, connection]);
  }
});

eachServer(
  "who does not read a body holds its client up, and who does not read a response the body's source",
  async (serve) => {
    const MiB = 1024 * 1024;
    // More than the kernel's buffers, or those of two stacks, can hold twice.
    const TOTAL = 24 * MiB;
    const gate = Promise.withResolvers<void>();
    let made = 0;
    await using served = await serve(async (request) => {
      if (request.method === "POST") {
        await gate.promise;
        return new Response(`${(await request.bytes()).length}`);
      }
      const body = new ReadableStream({
        pull(controller) {
          made += MiB;
          controller.enqueue(new Uint8Array(MiB));
          if (made === TOTAL) controller.close();
        },
      });
      return new Response(body);
    });

    using upload = await served.dial();
    await writeAll(upload, bytes(`POST / HTTP/1.1\r\nContent-Length: ${TOTAL}\r\n${CLOSE}`));
    let sent = 0;
    const stalled = Promise.withResolvers<void>();
    const sending = (async () => {
      for (const chunk = new Uint8Array(64 * 1024); sent < TOTAL;) {
        const timer = setTimeout(stalled.resolve, 500);
        sent += await upload.write(chunk.subarray(0, TOTAL - sent));
        clearTimeout(timer);
      }
      stalled.resolve();
    })();
    await stalled.promise;
    assert(sent < TOTAL / 2, `${sent} bytes`);
    gate.resolve();
    await sending;
    assertMatch(text(await readAll(upload)), /\r\n\r\n25165824$/);

    using download = await served.dial();
    await writeAll(download, bytes(`GET / HTTP/1.1\r\n${CLOSE}`));
    await readUntil(download, "\r\n\r\n");
    let before = -1;
    while (before !== made) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert(made < TOTAL / 2, `${made} bytes`);
    assert((await readAll(download)).length > TOTAL);
  },
);

eachSimulated("a body of text is a mistake, which ends the response", async (serve) => {
  const errors: unknown[] = [];
  const body = ReadableStream.from(["text"]) as ReadableStream<unknown> as ReadableStream<Uint8Array<ArrayBuffer>>;
  await using served = await serve(() => new Response(body), {
    onError: (error) => {
      errors.push(error);
      return new Response();
    },
  });
  assertEquals(await say(served, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "");
  assertEquals(errors.map(String), ['TypeError: The body of a response must consist of Uint8Arrays, not of "text"']);
});

eachServer("a body that is being read is no body of a response", async (serve) => {
  await using served = await serve(() => {
    const response = new Response(new ReadableStream());
    response.body!.getReader();
    return response;
  }, { onError: (error) => new Response(String(error), { status: 500 }) });
  for (let i = 0; i < 2; i++) {
    assertMatch(await say(served, `GET / HTTP/1.1\r\n${CLOSE}`), /^HTTP\/1.1 500 [^]*$/);
  }
});

eachSimulated("a header that must not be sent is a mistake, of the handler or of onError", async (serve) => {
  const { error: print } = console;
  const printed: unknown[] = [];
  console.error = (...args: unknown[]) => void printed.push(...args);
  try {
    const bad = () => new Response("never", { headers: { "x-bad": "a\x01b" } });
    const errors: unknown[] = [];
    await using served = await serve(bad, { onError: (error) => (errors.push(error), bad()) });
    const { status, body } = parse(await say(served, `GET / HTTP/1.1\r\n${CLOSE}`));
    assertEquals([status, body], ["HTTP/1.1 500 Internal Server Error", "Internal Server Error"]);
    assertMatch(errors.join(), /^TypeError[^,]*Invalid character in header content \["x-bad"\]$/);
  } finally {
    console.error = print;
  }
  assertMatch(printed.join(), /x-bad/);
});

eachSimulated("a network error is no response", async (serve) => {
  await using served = await serve(() => Response.error(), { onError: (error) => new Response(String(error)) });
  assertMatch(await say(served, `GET / HTTP/1.1\r\n${CLOSE}`), /must not be a network error$/);
});
