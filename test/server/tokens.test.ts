import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createModelBoxClient, watchChanges } from "../../src/client/index.ts";
import { modelboxWith, startServer, temporaryFolder, until, type TestServer } from "../support/server.ts";
import { makeToken, serverTokens, type MadeToken } from "../support/tokens.ts";

interface ListedToken {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly lastUsedAt: string | null;
}

const folder = temporaryFolder();
let server: TestServer;
let ci: MadeToken;

beforeAll(async () => {
  server = await startServer(folder.path, { MODELBOX_AUTH: "token" });
  ci = await makeToken(folder.path, "ci");
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function client(env: Record<string, string>, ...args: string[]) {
  return modelboxWith({ MODELBOX_SERVER_ADDR: server.httpAddr, ...env }, folder.path, "client", ...args);
}

async function listed(): Promise<readonly ListedToken[]> {
  return (await serverTokens<{ tokens: ListedToken[] }>(folder.path, "list")).tokens;
}

describe("a token that was made while the server runs", () => {
  test("works at once, and is the actor of what it changes", async () => {
    const made = await client(
      { MODELBOX_TOKEN: ci.text },
      "projects",
      "create",
      "--name",
      "langtech",
      "--json",
    );
    expect(made).toMatchObject({ exitCode: 0, stderr: "" });
    const { changes } = await createModelBoxClient({
      serverAddr: server.httpAddr,
      token: ci.text,
      headers: { "modelbox-actor": "somebody else" },
    }).changes.listChanges({ namespace: "langtech" });
    expect(changes.map((change) => change.actor)).toEqual(["ci"]);
    expect(server.log()).toContain('"actor":"ci"');
  });

  test("is stored as a digest and logged nowhere, and its use is noted", async () => {
    const tokens = await until("use to be noted", async () => {
      const all = await listed();
      return all.some((token) => token.lastUsedAt !== null) ? all : undefined;
    });
    expect(tokens).toMatchObject([{ id: ci.id, name: "ci", state: "active" }]);
    const secret = ci.text.slice("mbx_".length);
    for (const name of ["metadata.db", "metadata.db-wal"])
      expect(readFileSync(join(folder.path, "modelbox-data", name)).includes(secret)).toBe(false);
    expect(server.log()).not.toContain(secret);
  });

  test("moves files both ways", async () => {
    writeFileSync(join(folder.path, "weights.bin"), crypto.getRandomValues(new Uint8Array(5_000_000)));
    const env = { MODELBOX_TOKEN: ci.text };
    await client(env, "experiments", "create", "--project", "langtech", "--name", "e");
    const up = await client(
      env,
      "checkpoints",
      "create",
      "--experiment",
      "langtech/e",
      "--step",
      "1",
      "weights.bin",
    );
    expect(up.exitCode).toBe(0);
    const down = await client(env, "checkpoints", "download", "langtech/e/latest", "--output", "got");
    expect(down.exitCode).toBe(0);
    expect(readFileSync(join(folder.path, "got/weights.bin"))).toEqual(
      readFileSync(join(folder.path, "weights.bin")),
    );
  });
});

describe("the command line", () => {
  test("says what to set when the token is missing or wrong, without showing it", async () => {
    const without = await client({}, "projects", "list");
    expect(without).toMatchObject({ exitCode: 7, stdout: "" });
    expect(without.stderr).toMatch(/^Error: .*MODELBOX_TOKEN.*`token` in the client's file/);
    const wrong = `mbx_${"w".repeat(43)}`;
    const refused = await client({ MODELBOX_TOKEN: wrong, DEBUG: "1" }, "projects", "list");
    expect(refused).toMatchObject({ exitCode: 7, stdout: "" });
    expect(refused.stderr).toMatch(/^Error: The token is unknown, revoked or expired/);
    expect(refused.stderr).not.toContain("www");
    const broken = await client({ MODELBOX_TOKEN: "two\nlines" }, "projects", "list");
    expect(broken).toMatchObject({ exitCode: 5, stdout: "" });
    expect(broken.stderr).not.toContain("two");
  });

  test("takes the token from the client's file, and warns when others may read that", async () => {
    const file = join(folder.path, "client.toml");
    writeFileSync(file, `server_addr = "${server.httpAddr}"\ntoken = "${ci.text}"\n`);
    const run = () => modelboxWith({}, folder.path, "client", "projects", "list", "--config-path", file);
    chmodSync(file, 0o644);
    const exposed = await run();
    expect(exposed.exitCode).toBe(0);
    expect(exposed.stderr).toBe(
      `${file} holds a secret, and every user of this machine may read it; run \`chmod 600 ${file}\`.\n`,
    );
    chmodSync(file, 0o600);
    expect(await run()).toMatchObject({ exitCode: 0, stderr: "" });
    writeFileSync(join(folder.path, "token"), `${ci.text}\n`, { mode: 0o600 });
    const fromFile = await client({ MODELBOX_TOKEN_FILE: join(folder.path, "token") }, "projects", "list");
    expect(fromFile).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("makes a token that ends by itself, and lists what each is", async () => {
    const brief = await makeToken(folder.path, "brief", "--expires-in", "1s");
    await until("token to expire", async () =>
      (await listed()).some((token) => token.id === brief.id && token.state === "expired") ? true : undefined,
    );
    expect((await client({ MODELBOX_TOKEN: brief.text }, "projects", "list")).exitCode).toBe(7);
    const table = await modelboxWith({}, folder.path, "server", "tokens", "list");
    expect(table.stdout).toMatch(/^NAME +STATE +CREATED +EXPIRES +LAST USED +ID$/m);
    expect(table.stdout).toMatch(/^brief +expired /m);
    expect(table.stdout).not.toContain("mbx_");
  });

  test.each([
    [["create", "--name", "../ci"], 5, "name: may only have"],
    [["create", "--name", "a", "--expires-in", "soon"], 2, "is not a length of time"],
    [["revoke", "nobody"], 3, 'There is no token "nobody"'],
  ])("refuses %j", async (args, exitCode, message) => {
    const run = await modelboxWith({}, folder.path, "server", "tokens", ...args);
    expect(run).toMatchObject({ exitCode, stdout: "" });
    expect(run.stderr).toContain(message);
  });

  test("makes tokens for scripts", async () => {
    const run = await modelboxWith({}, folder.path, "server", "tokens", "create", "--name", "s", "--quiet");
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toMatch(/^mbx_[A-Za-z0-9_-]{43}\n$/);
  });
});

describe("a token that is revoked", () => {
  test("stops working within seconds, and ends the watches that were opened with it", async () => {
    const watcher = await makeToken(folder.path, "watcher");
    const watching = createModelBoxClient({ serverAddr: server.httpAddr, token: watcher.text });
    const messages = watchChanges(watching, { namespace: "langtech" });
    expect((await messages.next()).done).toBe(false);
    const ended = (async () => {
      for await (const _ of messages);
    })().then(
      () => undefined,
      (error: unknown) => error,
    );
    await serverTokens(folder.path, "revoke", "watcher");
    const begin = performance.now();
    expect(await ended).toMatchObject({ kind: "unauthenticated", reason: "TOKEN_INVALID" });
    const call = watching.namespaces.listNamespaces({});
    expect(await call.catch((error: unknown) => error)).toMatchObject({ kind: "unauthenticated" });
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect((await client({ MODELBOX_TOKEN: ci.text }, "projects", "list")).exitCode).toBe(0);
  });
});

test("a token that is revoked ends the transfers that were begun with it", async () => {
  const { text } = await makeToken(folder.path, "mover");
  const big = join(folder.path, "big.bin");
  const bytes = Buffer.alloc(60_000_000);
  crypto.getRandomValues(bytes.subarray(0, 65_536));
  writeFileSync(big, bytes);
  const curl = (...args: string[]) =>
    Bun.spawn(
      ["curl", "-sS", "--http1.1", "-o", "/dev/null", "-w", "%{http_code}", "--limit-rate", "1M", ...args],
      { stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    );
  const url = (path: string) =>
    `${server.httpAddr}/v1/files?object=experiment:langtech/moved&artifact=${path}&path=${path}`;
  await client(
    { MODELBOX_TOKEN: ci.text },
    "experiments",
    "create",
    "--project",
    "langtech",
    "--name",
    "moved",
  );
  const stored = Bun.spawn([
    "curl",
    "-sSf",
    "-o",
    "/dev/null",
    "-H",
    `Authorization: Bearer ${ci.text}`,
    "-T",
    big,
    url("a"),
  ]);
  expect(await stored.exited).toBe(0);
  const bearer = ["-H", `Authorization: Bearer ${text}`];
  const down = curl(...bearer, url("a"));
  const up = curl(...bearer, "-T", big, url("b"));
  const untilRunning = (count: number) =>
    until(`requests running to be ${count}`, async () => {
      const metrics = await fetch(`${server.httpAddr}/metrics`, {
        headers: { authorization: `Bearer ${ci.text}` },
      });
      const running = /^modelbox_requests_running (\d+)$/m.exec(await metrics.text())?.[1];
      return Number(running) === count ? true : undefined;
    });
  // The question is one itself.
  await untilRunning(3);
  await serverTokens(folder.path, "revoke", "mover");
  const begin = performance.now();
  await untilRunning(1);
  expect(performance.now() - begin).toBeLessThan(10_000);
  await Promise.all([down.exited, up.exited]);
  // Either would take a minute; curl still reads what the system has taken in for it.
  expect(performance.now() - begin).toBeLessThan(40_000);
  // The answer had begun; breaking it off is what tells the client.
  expect(down.exitCode).not.toBe(0);
  expect(await new Response(up.stdout).text()).toContain("401");
  expect(server.log()).toMatch(/"method":"GetFile".*"code":"unauthenticated"/);
}, 60_000);

test("many tokens made at once, while the server writes, are all there", async () => {
  const busy = createModelBoxClient({ serverAddr: server.httpAddr, token: ci.text });
  let stop = false;
  const writing = (async () => {
    for (let index = 0; !stop; index += 1)
      await busy.labels.setLabels({
        object: "namespace:langtech",
        labels: { n: { kind: { case: "numberValue", value: index } } },
      });
  })();
  const made = await Promise.all(
    Array.from({ length: 4 }, (_, index) => makeToken(folder.path, `many-${index}`)),
  );
  stop = true;
  await writing;
  const names = (await listed()).map((token) => token.name);
  for (const { name } of made) expect(names).toContain(name);
});

test("a token may be made before the server ever ran", async () => {
  const other = join(folder.path, "other");
  mkdirSync(other);
  const first = await makeToken(other, "first");
  await using started = await startServer(other, { MODELBOX_AUTH: "token" });
  const opened = createModelBoxClient({ serverAddr: started.httpAddr, token: first.text });
  expect((await opened.namespaces.listNamespaces({})).namespaces).toEqual([]);
});
