import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root, trackedFiles } from "./tidy/tracked-files.ts";

// A build may wait for others that run at the same time.
setDefaultTimeout(120_000);

let room: string;
let checkout: string;

/** A checkout as git would make it, which borrows the installed parts of this one. */
beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), "modelbox-launcher-"));
  chmodSync(room, 0o755);
  checkout = join(room, "checkout");
  for (const path of trackedFiles.filter((file) => /^(bin|drizzle|scripts|src|[^/]+$)/.test(file))) {
    mkdirSync(dirname(join(checkout, path)), { recursive: true });
    cpSync(join(root, path), join(checkout, path), { preserveTimestamps: true });
  }
  symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"));
  mkdirSync(join(checkout, ".tools"));
  const bun = `bun-${Bun.version}`;
  mkdirSync(join(checkout, ".tools", bun));
  symlinkSync(process.execPath, join(checkout, ".tools", bun, "bun"));
});

afterAll(() => rmSync(room, { recursive: true, force: true }));

async function launch(command: readonly string[], args: readonly string[], cwd = room) {
  const child = Bun.spawn([...command, ...args], {
    cwd,
    env: { PATH: "/usr/bin:/bin" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, status };
}

const builtAt = () => statSync(join(checkout, "dist/modelbox")).mtimeMs;

test("two first starts at once build once, say so on standard error, and both answer", async () => {
  const launcher = join(checkout, "bin/modelbox");
  const both = await Promise.all([launch([launcher], ["--version"]), launch([launcher], ["--version"])]);
  for (const { stdout, status } of both) {
    expect(stdout).toMatch(/^modelbox \d+\.\d+\.\d+ \(/);
    expect(status).toBe(0);
  }
  const said = both.map(({ stderr }) => stderr).join("");
  expect(said.match(/building dist\/modelbox/g)).toHaveLength(1);
});

test("a start with nothing changed says nothing and builds nothing", async () => {
  const before = builtAt();
  const { stderr, status } = await launch([join(checkout, "bin/modelbox")], ["--version"]);
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(builtAt()).toBe(before);
});

test("it works through symbolic links, from any folder, and passes arguments and status on", async () => {
  symlinkSync("checkout/bin/modelbox", join(room, "one"));
  symlinkSync("one", join(room, "two words"));
  const { stderr, status } = await launch([join(room, "two words")], ["no such", "command"], "/");
  expect(stderr).toContain('There is no command "no such"');
  expect(status).toBe(2);
});

test("a changed source is built, a removed one too", async () => {
  const versionFile = join(checkout, "src/version.ts");
  writeFileSync(
    versionFile,
    readFileSync(versionFile, "utf8").replace("`modelbox ${version}", "`modelbox changed"),
  );
  const changed = await launch([join(checkout, "bin/modelbox")], ["--version"]);
  expect(changed.stdout).toStartWith("modelbox changed");

  const extra = join(checkout, "src/extra.ts");
  writeFileSync(extra, "export {};\n");
  await launch([join(checkout, "bin/modelbox")], ["--version"]);
  rmSync(extra);
  const removed = await launch([join(checkout, "bin/modelbox")], ["--version"]);
  expect(removed.stderr).toContain("building");
});

test("a checkout that can't be written runs what is built, and explains itself when nothing is", async () => {
  // Root may write anywhere, so it becomes somebody who may not.
  const asNobody =
    process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
  writeFileSync(join(checkout, "src/extra.ts"), "export {};\n");
  await launch(["chmod"], ["-R", "a-w,a+rX", checkout]);
  const built = await launch([...asNobody, join(checkout, "bin/modelbox")], ["--version"]);
  expect(built.stderr).toBe("");
  expect(built.status).toBe(0);

  await launch(["chmod"], ["-R", "u+w", checkout]);
  rmSync(join(checkout, "dist"), { recursive: true });
  await launch(["chmod"], ["-R", "a-w", checkout]);
  const bare = await launch([...asNobody, join(checkout, "bin/modelbox")], ["--version"]);
  expect(bare.stderr).toContain("have its owner run bin/modelbox once");
  expect(bare.status).toBe(1);
  await launch(["chmod"], ["-R", "u+w", checkout]);
});
