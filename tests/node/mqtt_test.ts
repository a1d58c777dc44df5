// npm:mqtt as client and npm:aedes as broker over stacks.
import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import { once } from "node:events";
import type net from "node:net";
import { patternBytes } from "../scenarios/data.ts";
import { SERVER } from "../scenarios/hosts.ts";
import { eachNodeNetWith, fromNPM } from "./npm.ts";

/** What is used of mqtt here. */
interface MQTT {
  MqttClient: new (stream: () => net.Socket, options: Record<string, unknown>) => Client;
}

interface Client extends EventEmitter {
  subscribeAsync(topic: string, options: { qos: number }): Promise<unknown>;
  publishAsync(topic: string, message: string | Buffer, options: { qos: number; retain?: boolean }): Promise<unknown>;
  endAsync(): Promise<void>;
}

/** What is used of aedes here. */
interface Aedes {
  Aedes: { createBroker(): Promise<Broker> };
}

interface Broker extends EventEmitter {
  handle(stream: net.Socket): void;
  close(callback: () => void): void;
}

const mqtt = (await fromNPM<MQTT>("mqtt"))!;
const aedes = (await fromNPM<Aedes>("aedes"))!;

eachNodeNetWith([mqtt, aedes], "mqtt: publications of each quality reach who subscribed", async (nets) => {
  const broker = await aedes.Aedes.createBroker();
  const server = nets.server.createServer((socket) => broker.handle(socket)).listen(1883);
  const connect = async (clientId: string) => {
    const options = { clientId, keepalive: 0, reconnectPeriod: 0, protocolVersion: 4 };
    const client = new mqtt.MqttClient(() => nets.client.connect(1883, SERVER), options);
    await once(client, "connect");
    return client;
  };
  const [publisher, subscriber] = [await connect("publisher"), await connect("subscriber")];
  await subscriber.subscribeAsync("weather/#", { qos: 2 });
  for (const qos of [0, 1, 2]) {
    const arriving = once(subscriber, "message");
    await publisher.publishAsync(`weather/${qos}`, `sunny ${qos}`, { qos });
    const [topic, payload] = await arriving;
    assertEquals([topic, String(payload)], [`weather/${qos}`, `sunny ${qos}`]);
  }
  const picture = Buffer.from(patternBytes(500_000, 31));
  const arriving = once(subscriber, "message");
  await publisher.publishAsync("weather/picture", picture, { qos: 1, retain: true });
  assertEquals((await arriving)[1].equals(picture), true);
  const late = await connect("late");
  const retained = once(late, "message");
  await late.subscribeAsync("weather/picture", { qos: 0 });
  assertEquals((await retained)[1].length, 500_000);
  await Promise.all([publisher, subscriber, late].map((client) => client.endAsync()));
  server.close();
  await new Promise<void>((resolve) => broker.close(resolve));
});
