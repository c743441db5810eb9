import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startCommandLine, type CommandLine } from "./command-line.ts";

const MEBIBYTE = 1024 * 1024;

let cli: CommandLine;
let weights: Buffer;
beforeAll(async () => {
  cli = await startCommandLine();
  await cli.world.build("model");
  weights = randomBytes(9 * MEBIBYTE + 1);
  mkdirSync(join(cli.folder, "run/deep"), { recursive: true });
  mkdirSync(join(cli.folder, "run/hollow"));
  writeFileSync(join(cli.folder, "run/weights.bin"), weights);
  writeFileSync(join(cli.folder, "run/deep/empty"), "");
});
afterAll(() => cli[Symbol.asyncDispose]());

const create = "client checkpoints create --experiment langtech/wav2vec-lid";

describe("a checkpoint", () => {
  test("is stored with its folders and comes back byte for byte", async () => {
    const stored = await cli.run(`${create} --step 1 --epoch 2 --metric loss=0.5 --label best=true run`);
    expect(stored.exitCode).toBe(0);
    expect(stored.stderr).toContain("hollow");
    expect(stored.stderr).toContain("Sent 9.00 MiB of 9.00 MiB.");
    expect(stored.stderr).toContain("Created checkpoint langtech/wav2vec-lid/step-1.");
    expect(stored.stdout).toMatch(/^epoch +2$/m);
    expect(stored.stdout).toMatch(/^ {2}best +true$/m);

    const text = await cli.ok("client checkpoints download langtech/wav2vec-lid/latest --output back");
    expect(text).toMatch(/^files +2, 9\.00 MiB \(9437185 bytes\)$/m);
    expect(readFileSync(join(cli.folder, "back/weights.bin")).equals(weights)).toBe(true);
    expect(readFileSync(join(cli.folder, "back/deep/empty"), "utf8")).toBe("");
  });

  test("of the same bytes is sent for free, and fetched for free where it is already", async () => {
    const again = await cli.run(`${create} --step 2 run`);
    expect(again.stderr).toContain("Sent 0 B of 9.00 MiB; 9.00 MiB were there already.");
    const text = await cli.ok("client checkpoints download langtech/wav2vec-lid/step-2 --output back");
    expect(text).toContain("of which 9.00 MiB were here already");
  });

  test("that is there with the same fields is no error; with others it is", async () => {
    const same = await cli.run(`${create} --step 1 --epoch 2 --metric loss=0.5 --label best=true run`);
    expect(same.stderr).toContain("was there already");
    expect(same.exitCode).toBe(0);
    expect((await cli.run(`${create} --step 1 --epoch 3 run`)).exitCode).toBe(4);
  });

  test("may have metrics alone", async () => {
    await cli.ok(`${create} --step 3 --name best --metric loss=nan --metric acc=0.9`);
    const { checkpoint } = JSON.parse(
      await cli.ok("client checkpoints get langtech/wav2vec-lid/best --json"),
    ) as {
      checkpoint: { metrics: unknown; step: string };
    };
    expect(checkpoint).toMatchObject({
      step: "3",
      metrics: { loss: { number: "NaN" }, acc: { number: 0.9 } },
    });
  });

  test("of a mistyped experiment is refused before anything is sent", async () => {
    const run = await cli.run("client checkpoints create --experiment langtech/typo --step 1 run");
    expect(run.exitCode).toBe(3);
    expect(run.stderr).not.toContain("Sent");
  });

  test("never takes what a link leads to outside of the folder", async () => {
    mkdirSync(join(cli.folder, "sly"));
    symlinkSync("/etc/hostname", join(cli.folder, "sly/link"));
    const run = await cli.run(`${create} --step 9 sly`);
    expect(run.exitCode).toBe(5);
    expect(run.stderr).toContain("link");
  });
});

describe("a version", () => {
  const versions = "client versions create --model langtech/lid";

  test("takes the files of its checkpoint, and tags", async () => {
    await cli.ok(
      `${versions} --version 7 --from-checkpoint langtech/wav2vec-lid/step-1 --tag production --tag canary`,
    );
    const text = await cli.ok("client versions get --model langtech/lid --tag canary");
    expect(text).toMatch(/^files +2, 9\.00 MiB/m);
    expect(text).toMatch(/^ {2}weights\.bin +9\.00 MiB$/m);
    await cli.ok([
      "client",
      "versions",
      "download",
      "langtech/lid",
      "--tag",
      "production",
      "--include",
      "deep/*",
    ]);
    expect(existsSync(join(cli.folder, "lid-7/deep/empty"))).toBe(true);
    expect(existsSync(join(cli.folder, "lid-7/weights.bin"))).toBe(false);
  });

  test("gets the next number by itself", async () => {
    expect(await cli.ok(`${versions} --framework onnx exported`)).toMatch(/^path +langtech\/lid@8$/m);
  });

  test("moves its tag only from where it is expected", async () => {
    const move = "client versions tag langtech/lid@8 production --expected-version";
    expect((await cli.run(`${move} none`)).exitCode).toBe(5);
    await cli.ok(`${move} langtech/lid@7`);
    const history = await cli.ok("client versions tags langtech/lid --tag production");
    expect(history).toMatch(/^production +8 +\S+Z +- +[\s\S]*^production +7 +\S+Z +20\S+Z/m);
  });
});

describe("an artifact", () => {
  test("can be tracked, listed and is named at download", async () => {
    const digest = createHash("sha256").update("x").digest("hex");
    const track = "client artifacts track --experiment langtech/wav2vec-lid --name data";
    await cli.ok(`${track} s3://bucket/train.parquet --size-bytes 1 --digest ${digest}`);
    const id = (await cli.ok("client artifacts list --experiment langtech/wav2vec-lid --quiet")).trim();
    expect(await cli.ok(`client artifacts files ${id}`)).toContain(`${digest} (unchecked)`);
    const run = await cli.run(`client artifacts download ${id}`);
    expect(run.stderr).toContain(
      "train.parquet is tracked, not stored; fetch it from s3://bucket/train.parquet",
    );
    expect(run.exitCode).toBe(0);
  });

  test("needs its name where an object has no files of its own", async () => {
    const run = await cli.run("client artifacts download experiment:langtech/wav2vec-lid");
    expect(run.stderr).toContain("choose one of its artifacts with --name");
    expect(run.exitCode).toBe(3);
  });
});

test("metrics come from standard input line by line", async () => {
  const lines = Array.from({ length: 12_000 }, (_, step) =>
    JSON.stringify({ key: "loss", step, value: 1 / (step + 1) }),
  );
  const log = "client metrics log --experiment langtech/wav2vec-lid -";
  const logged = await cli.run(log, { stdin: `${lines.join("\n")}\n` });
  expect(logged.stderr).toBe("Stored 12000 points of experiment:langtech/wav2vec-lid.\n");
  const history = "client metrics get --experiment langtech/wav2vec-lid --key loss --history --all --json";
  const { points } = JSON.parse(await cli.ok(history)) as { points: { step: string }[] };
  expect(points).toHaveLength(12_000);
  expect(points.at(-1)?.step).toBe("11999");
  const wrong = await cli.run(log, { stdin: '{"key": "a", "value": 1}\nloss=3\n' });
  expect(wrong.stderr).toContain("Line 2 is not a metric point");
  expect(wrong.exitCode).toBe(2);
});
