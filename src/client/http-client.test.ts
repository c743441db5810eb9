import { afterAll, beforeAll, expect, test } from "bun:test";
import { InvalidInputError } from "./errors.ts";
import { HttpClient } from "./http-client.ts";

const token = "mbx_token";

/** A server that notes what it was told of the caller. */
function listen(answer: () => Response = () => new Response("ok")) {
  const seen: (string | null)[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      seen.push(request.headers.get("authorization"));
      return answer();
    },
  });
  return { seen, origin: server.url.origin, stop: () => server.stop(true) };
}

let own: ReturnType<typeof listen>;
let other: ReturnType<typeof listen>;
beforeAll(() => {
  other = listen();
  own = listen(() => Response.redirect(`${other.origin}/stolen`, 307));
});
afterAll(async () => {
  await own.stop();
  await other.stop();
});

function clientOf(baseUrl: string): HttpClient {
  return new HttpClient({ baseUrl, headers: {}, token, tls: undefined, makeRequestId: () => "id" });
}

test("the token goes to the server, and to what it names, and nowhere else", async () => {
  const client = clientOf(own.origin);
  expect((await client.send({ method: "GET", url: `${own.origin}/a` })).status).toBe(307);
  expect(own.seen).toEqual([`Bearer ${token}`]);
  // Not followed.
  expect(other.seen).toEqual([]);
  await client.send({ method: "GET", url: `${other.origin}/b` });
  expect(other.seen.splice(0)).toEqual([null]);
  client.trust(other.origin);
  await client.send({ method: "GET", url: `${other.origin}/c` });
  expect(other.seen.splice(0)).toEqual([`Bearer ${token}`]);
});

test("a server that is called by TLS can't send the token elsewhere as plain text", () => {
  const client = clientOf("https://models.example.com");
  expect(() => client.trust("http://blobs.example.com")).toThrow(InvalidInputError);
  client.trust("https://blobs.example.com");
});

test("an address that the server has named is not mistaken for the server's when nobody answers there", async () => {
  const gone = listen();
  await gone.stop();
  const client = clientOf(own.origin);
  const messageOf = (url: string) =>
    client.send({ method: "GET", url }).catch((error: unknown) => String(error));
  expect(await messageOf(`${gone.origin}/v1/files`)).toContain(
    `Nothing listens at ${gone.origin}; whoever runs the server must look after that one, or correct public_blob_addrs.`,
  );
  expect(
    await clientOf(gone.origin)
      .send({ method: "GET", url: `${gone.origin}/a` })
      .catch(String),
  ).toContain(`${gone.origin}; start the server with \`modelbox server start\`, or check server_addr.`);
});
