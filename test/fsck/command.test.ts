import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { createFilesystemBlobStore } from "../../src/blob/index.ts";
import { formBytes, formNames, flipByte, storeFormsAs, type FormName } from "../support/chunk-forms.ts";
import { modelbox, modelboxWith, startServer, temporaryFolder } from "../support/server.ts";
import { installation, WRITABLE, type Installation } from "../copy/installations.ts";

/** Many processes, one after the other, on a machine that may be busy. */
const testLimitMs = 120_000;

let folder: ReturnType<typeof temporaryFolder>;
let from: Installation;
beforeEach(async () => {
  folder = temporaryFolder();
  from = await installation(join(folder.path, "from"), "sqlite");
});
afterEach(async () => {
  await from[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function fsck(...args: string[]) {
  const { stdout, stderr, exitCode } = await modelboxWith(
    WRITABLE,
    folder.path,
    "server",
    "fsck",
    "--config-path",
    from.config,
    "--json",
    ...args,
  );
  return { report: stdout === "" ? undefined : JSON.parse(stdout), stderr, exitCode };
}

async function stored() {
  await using opened = await from.open();
  return await storeFormsAs(opened.metadata, opened.blobs);
}

async function damage(key: string, offset: number): Promise<void> {
  await using opened = await from.open();
  await flipByte(opened.blobs, key, offset);
}

test(
  "fsck tells by its status and its report what is wrong, beside a server too, and repairs from a copy",
  async () => {
    const { forms, object } = await stored();
    {
      await using to = await installation(join(folder.path, "to"), "sqlite");
      const copy = ["server", "copy", "--from-config", from.config, "--to-config", to.config];
      expect(await modelboxWith({}, folder.path, ...copy)).toMatchObject({ exitCode: 0 });
    }
    await damage(forms.base.objectKey, 5);
    await damage(forms.packed.objectKey, forms.packed.objectOffset);
    expect(await fsck()).toMatchObject({ exitCode: 0, stderr: "", report: { clean: true, readData: null } });

    await using _server = await startServer(from.folder, { ...WRITABLE, MODELBOX_SCRUB_ENABLED: "false" });
    const found = await fsck("--read-data");
    expect(found.exitCode).toBe(8);
    expect(found.stderr).toBe("Error: 4 things are wrong; run it with --repair to repair what can be.\n");
    expect(found.report).toMatchObject({
      clean: false,
      repair: false,
      looked: { chunks: formNames.length, packs: 1, files: formNames.length, readChunks: formNames.length },
      counts: { wrong_digest: 4 },
      outcomes: { found: 4, repaired: 0, quarantined: 0, unrepaired: 0 },
      unlisted: 0,
    });
    const files = found.report.findings.flatMap((one: { files: string[] }) => one.files);
    const wanted = ["base", "delta", "deltaToo", "packed"].map((name) => `version:${object} ${name}.bin`);
    expect(files.toSorted()).toEqual(wanted);

    const half = await fsck("--read-data-subset", "50%", "--seed", "7");
    expect(half.report.readData).toEqual({ part: "50%", seed: 7 });
    expect((await fsck("--read-data-subset", "50%", "--seed", "7")).report.findings).toEqual(
      half.report.findings,
    );
    const parts = await Promise.all(["1/3", "2/3", "3/3"].map((part) => fsck("--read-data-subset", part)));
    const read = parts.reduce((sum, { report }) => sum + report.looked.readChunks, 0);
    expect(read).toBe(formNames.length);
    expect(await fsck("--read-data-subset", "5")).toMatchObject({ exitCode: 5, report: undefined });

    const repaired = await fsck("--read-data", "--repair");
    expect(repaired).toMatchObject({ exitCode: 8, report: { outcomes: { quarantined: 4 } } });
    const mended = await fsck("--repair", "--from-config", join(folder.path, "to/modelbox.toml"));
    expect(mended).toMatchObject({ exitCode: 0, report: { clean: true } });
    // Bases are repaired with what builds on them.
    expect(mended.report.outcomes.repaired).toBeGreaterThan(1);
    expect(await fsck("--read-data")).toMatchObject({ exitCode: 0, report: { clean: true } });
  },
  testLimitMs,
);

test("nothing is repaired where the configuration says that nothing may be written", async () => {
  await stored();
  const args = ["server", "fsck", "--repair", "--config-path", from.config];
  const { stderr, exitCode } = await modelboxWith({}, folder.path, ...args);
  expect(stderr).toContain("read_only = true");
  expect(exitCode).toBe(5);
});

test(
  "a byte that was turned is never served with success, whatever the form of its chunk, and shows in the metrics",
  async () => {
    const { forms, object } = await stored();
    const offsets: Readonly<Record<FormName, number>> = {
      raw: 17,
      packed: forms.packed.objectOffset + 1,
      packedToo: forms.packedToo.objectOffset + forms.packedToo.storedBytes - 1,
      zstd: Math.floor(forms.zstd.storedBytes / 2),
      base: 39_999,
      delta: forms.delta.storedBytes - 1,
      deltaToo: 3,
    };
    await using server = await startServer(from.folder, { ...WRITABLE, MODELBOX_SCRUB_ENABLED: "false" });
    const url = (name: FormName) =>
      `${server.httpAddr}/v1/files?object=${encodeURIComponent(`version:${object}`)}&path=${name}.bin`;
    const get = async (name: FormName, headers: Record<string, string> = {}) => {
      const response = await fetch(url(name), { headers });
      return { status: response.status, bytes: await response.bytes() };
    };
    for (const name of formNames) expect(await get(name)).toEqual({ status: 200, bytes: formBytes(name) });
    await using blobs = await createFilesystemBlobStore({
      baseDir: join(from.folder, "blobs"),
      isBeside: true,
    });
    for (const name of formNames) await flipByte(blobs, forms[name].objectKey, offsets[name]);
    const problems = async () => {
      const text = await (await fetch(`${server.httpAddr}/metrics`)).text();
      const counts = text.matchAll(/^modelbox_corrupt_chunks_total\{[^}]*\} (\d+)$/gm);
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    for (const name of formNames) {
      const before = await problems();
      for (const headers of [{}, { range: "bytes=0-0" }, { range: "bytes=100-200" }, { range: "bytes=-5" }])
        expect([name, (await get(name, headers)).status]).toEqual([name, 500]);
      expect(await problems()).toBeGreaterThan(before);
      const output = join(folder.path, "downloaded", name);
      const args = ["client", "versions", "download", object, "--include", `${name}.bin`, "--output", output];
      expect((await modelbox(server, folder.path, ...args)).exitCode).not.toBe(0);
      expect(await Bun.file(join(output, `${name}.bin`)).exists()).toBe(false);
    }
  },
  testLimitMs,
);
