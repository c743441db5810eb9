import { describe, expect, test } from "bun:test";
import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { failureOf } from "../testing/failure-of.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { findFiles } from "./find-files.ts";

async function findIn(folder: string): Promise<string[]> {
  const { files } = await findFiles([folder]);
  return files.map((file) => file.storedPath);
}

async function refusal(...sources: string[]): Promise<string> {
  const error = await failureOf(findFiles(sources));
  if (!(error instanceof Error)) throw new TypeError("not an error");
  return error.message;
}

describe("findFiles", () => {
  test("keeps relative paths below a folder, and the base name of a file", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "out/b/c"), { recursive: true });
    await writeFile(join(folder.path, "out/b/c/deep"), "1");
    await writeFile(join(folder.path, "out/.hidden"), "22");
    await writeFile(join(folder.path, "alone"), "333");
    const found = await findFiles([join(folder.path, "out/"), join(folder.path, "alone")]);
    expect(found.files.map((file) => file.storedPath)).toEqual([".hidden", "b/c/deep", "alone"]);
    expect(found.sizeBytes).toBe(6);
    expect(found.notices).toEqual([]);
  });

  test("names empty folders in a notice, and the first ten of many", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "file"), "");
    for (let index = 0; index < 12; index += 1) await mkdir(join(folder.path, `e${10 + index}`));
    const { notices } = await findFiles([folder.path]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toStartWith(`12 empty folders are not stored: ${folder.path}/e10, `);
    expect(notices[0]).toEndWith("/e19 and 2 more");
  });

  test("follows links that stay inside, to files and to folders", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "real"));
    await writeFile(join(folder.path, "real/file"), "x");
    await symlink("real/file", join(folder.path, "file-link"));
    await symlink("real", join(folder.path, "folder-link"));
    expect(await findIn(folder.path)).toEqual(["file-link", "folder-link/file", "real/file"]);
  });

  test("a source that is a link itself is followed, wherever it leads", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "real"));
    await writeFile(join(folder.path, "real/file"), "x");
    await symlink("real/file", join(folder.path, "file-link"));
    await symlink("real", join(folder.path, "folder-link"));
    expect(await findIn(join(folder.path, "file-link"))).toEqual(["file-link"]);
    expect(await findIn(join(folder.path, "folder-link"))).toEqual(["file"]);
  });

  test("refuses links that lead out, to nothing, and in circles", async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, "root");
    await mkdir(join(root, "a"), { recursive: true });
    await mkdir(join(folder.path, "root-but-longer"));
    const link = join(root, "a/link");
    const place = async (target: string) => {
      await symlink(target, `${link}.new`);
      await rename(`${link}.new`, link);
    };
    await place("/etc/hostname");
    expect(await refusal(root)).toBe(
      `${link} is a symbolic link that leads out of ${root}; replace it by the file itself, then try again.`,
    );
    await place("../../root-but-longer");
    expect(await refusal(root)).toContain("leads out of");
    await place("nothing");
    expect(await refusal(root)).toContain("leads to something that does not exist");
    await place("link");
    expect(await refusal(root)).toContain("leads back to itself");
    await place("..");
    expect(await refusal(root)).toContain("a loop");
    await place("../b");
    await mkdir(join(root, "b"));
    await symlink("../a", join(root, "b/back"));
    expect(await refusal(root)).toContain("a loop");
  });

  test("refuses pipes and sockets", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "file"), "x");
    const pipe = join(folder.path, "pipe");
    expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
    expect(await refusal(folder.path)).toContain(`${pipe} is a named pipe`);
    expect(await refusal(pipe)).toContain("is a named pipe; only files and folders can be uploaded");
    await using sockets = await temporaryFolder();
    const server = createServer();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    server.listen(join(sockets.path, "socket"), () => resolve(undefined));
    await promise;
    expect(await refusal(sockets.path)).toContain("is a socket");
    server.close();
  });

  test.each([
    ["back\\slash", "must use '/'"],
    ["line\nbreak", "control characters"],
    ["model.bin.modelbox-partial", "unfinished download"],
  ])("refuses the name %j", async (name, why) => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, name), "x");
    expect(await refusal(folder.path)).toContain(why);
  });

  test("refuses a name that is no UTF-8", async () => {
    await using folder = await temporaryFolder();
    await writeFile(Buffer.concat([Buffer.from(`${folder.path}/bad`), Buffer.from([0xff])]), "x");
    expect(await refusal(folder.path)).toContain("no valid UTF-8");
  });

  test("refuses a path of more than 1,024 bytes", async () => {
    await using folder = await temporaryFolder();
    const deep = join(folder.path, ...Array.from({ length: 6 }, () => "d".repeat(200)));
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, "file"), "x");
    expect(await refusal(folder.path)).toContain("1024 bytes");
  });

  test("refuses sources that collide, or of which one would be a folder of the other", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "one"));
    await mkdir(join(folder.path, "two/same"), { recursive: true });
    await writeFile(join(folder.path, "one/same"), "1");
    await writeFile(join(folder.path, "two/same/inner"), "2");
    const one = join(folder.path, "one");
    const again = join(one, "same");
    expect(await refusal(one, again)).toContain(`${again} and ${again} would both be stored as "same"; `);
    expect(await refusal(one, join(folder.path, "two"))).toContain('"same" and "same/inner"');
  });

  test("says what is wrong with a source that is not there, or holds nothing", async () => {
    await using folder = await temporaryFolder();
    await symlink("nowhere", join(folder.path, "link"));
    expect(await refusal(join(folder.path, "absent"))).toBe(
      `There is no file or folder ${folder.path}/absent; check the path.`,
    );
    expect(await refusal(join(folder.path, "link"))).toContain(
      "symbolic link to something that does not exist",
    );
    await mkdir(join(folder.path, "empty"));
    expect(await refusal(join(folder.path, "empty"))).toContain("There is no file in");
    expect(await refusal()).toContain("There is nothing to upload");
  });
});
