/** Three hosts: a chat room, and two people in it who talk by Deno's own WebSocket. */
import { Internet, MTU_ETHERNET, serveHttp, type Stack, stackFetch, upgradeWebSocket } from "../mod.ts";

await using internet = new Internet();
void internet.route();
const [room, annsHost, bobsHost] = await Promise.all(
  ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((address) => internet.newStack(MTU_ETHERNET, address)),
);

const present = new Set<WebSocket>();
await using _room = serveHttp(room.listenTCP("10.0.0.1:80"), enter);
await using ann = await join(annsHost, "Ann");
await using bob = await join(bobsHost, "Bob");

ann.say("Hello, Bob!");
console.log(await bob.hear());
bob.say("Hello, Ann!");
console.log(await ann.hear());

/** Whatever somebody says goes to everybody else. */
function enter(request: Request): Response {
  const { socket, response } = upgradeWebSocket(request);
  socket.onopen = () => present.add(socket);
  socket.onclose = () => present.delete(socket);
  socket.onmessage = ({ data }) => {
    for (const other of present) if (other !== socket) other.send(data);
  };
  return response;
}

interface Guest extends AsyncDisposable {
  say(text: string): void;
  hear(): Promise<string>;
}

async function join(stack: Stack, name: string): Promise<Guest> {
  const inside = await stackFetch(stack, { hosts: { "chat.example": "10.0.0.1" } });
  const socket = new WebSocket("ws://chat.example/", { client: inside.client });
  const next = (type: string) =>
    new Promise<Event>((resolve) => socket.addEventListener(type, resolve, { once: true }));
  await next("open");
  return {
    say: (text) => socket.send(`${name}: ${text}`),
    hear: async () => (await next("message") as MessageEvent<string>).data,
    async [Symbol.asyncDispose]() {
      const closed = next("close");
      socket.close();
      await closed;
      await inside.close();
    },
  };
}
