import { expect, test } from "bun:test";
import { join } from "node:path";
import { pythonWithGrpc } from "../support/python.ts";
import { startServer, temporaryFolder } from "../support/server.ts";

const client = pythonWithGrpc();
if ("missing" in client) console.warn(`Python's gRPC client is not tested: ${client.missing}`);

test.skipIf("missing" in client)(
  "Python's grpcio calls, fails, watches and times out as it should",
  async () => {
    if ("missing" in client) return;
    using folder = temporaryFolder();
    await using server = await startServer(folder.path);
    const script = join(import.meta.dir, "python-client.py");
    const child = Bun.spawn([client.python, script, server.grpcAddr, server.httpAddr], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: "unary ok\nerror ok\nwatch ok\ndeadline ok\nthreads ok\nwrong port ok\n",
      stderr: "",
      exitCode: 0,
    });
  },
);
