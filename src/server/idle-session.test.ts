import { afterAll, beforeAll, expect, test } from "bun:test";
import { once } from "node:events";
import { connect as connectHttp2, createServer, type ServerHttp2Stream } from "node:http2";
import { connect, type AddressInfo } from "node:net";
import { closeWhenIdle } from "./idle-session.ts";

const IDLE_MS = 100;

const waiting: ServerHttp2Stream[] = [];
const server = createServer();
let port = 0;

beforeAll(async () => {
  server.on("session", (session) => {
    closeWhenIdle(session, IDLE_MS);
    session.on("stream", (stream, headers) => {
      if (headers[":path"] === "/waits") waiting.push(stream);
      else stream.respond({ ":status": 200 }, { endStream: true });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

test("a connection that says nothing is closed", async () => {
  const socket = connect(port, "127.0.0.1");
  await once(socket.resume(), "close");
});

test("a connection is closed some time after its last call, and never during one", async () => {
  const client = connectHttp2(`http://127.0.0.1:${port}`);
  const closed = once(client, "close");
  const waits = client.request({ ":path": "/waits" });
  const answered = once(waits, "response");
  await Bun.sleep(3 * IDLE_MS);
  expect(client.closed).toBe(false);
  waiting[0]?.respond({ ":status": 204 }, { endStream: true });
  const [head] = (await answered) as [Record<string, unknown>];
  expect(head[":status"]).toBe(204);
  await closed;
});
