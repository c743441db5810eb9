import { describe, expect, test } from "bun:test";
import { DigestState } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { LeaseKind } from "../../gen/modelbox/v1/lease_service_pb.ts";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices, type TestServices } from "../../../test/support/rpc.ts";
import { fileSetOf, sha256, uploadFiles } from "../../../test/support/upload.ts";

const contents = { "model.bin": "0123456789", "config/a.json": "{}", "config/empty": "" };

async function withModel({ clients }: TestServices): Promise<string> {
  await clients.models.createModel({ namespace: "n", name: "m" });
  return "model:n/m";
}

describe("CommitArtifact", () => {
  test("makes uploaded files visible at once, and ends the lease", async () => {
    await using services = await openServices();
    const { artifacts, leases, changes } = services.clients;
    const object = await withModel(services);
    const files = await uploadFiles(services, "n", contents);
    expect((await artifacts.listArtifacts({ object })).artifacts).toEqual([]);
    const { artifact, exists } = await artifacts.commitArtifact({ object, name: "onnx", files });
    expect(exists).toBe(false);
    expect(artifact).toMatchObject({ name: "onnx", objectPath: "n/m", fileCount: 3n, sizeBytes: 12n });
    expect(await artifacts.getArtifact({ artifact: artifact!.id })).toMatchObject({ artifact: artifact! });
    const listed = await artifacts.listFiles({ artifact: artifact!.id });
    expect(listed.files.map((one) => [one.path, one.sizeBytes])).toEqual([
      ["config/a.json", 2n],
      ["config/empty", 0n],
      ["model.bin", 10n],
    ]);
    const log = await changes.listChanges({ namespace: "n" });
    expect(log.changes.at(-1)).toMatchObject({ objectPath: "n/m", state: { case: "artifact" } });
    expect((await failureOf(leases.renewLease({ leaseId: files.leaseId! }))).reason).toBe("LEASE_ENDED");
  });

  test("a retry is answered although its lease has ended; other files are refused", async () => {
    await using services = await openServices();
    const { artifacts } = services.clients;
    const object = await withModel(services);
    const commit = { object, name: "onnx", files: await uploadFiles(services, "n", contents) };
    const { artifact } = await artifacts.commitArtifact(commit);
    expect(await artifacts.commitArtifact(commit)).toMatchObject({
      exists: true,
      artifact: { id: artifact!.id },
    });
    const renewed = { ...commit, files: await uploadFiles(services, "n", contents) };
    expect((await artifacts.commitArtifact(renewed)).exists).toBe(true);
    const other = { ...commit, files: await uploadFiles(services, "n", { "model.bin": "other" }) };
    const failure = await failureOf(artifacts.commitArtifact(other));
    expect(failure).toMatchObject({ code: "already_exists" });
    expect(failure.message).toContain("exists already with different files;");
  });

  test("16 commits of one upload at once: one makes it, the others get it", async () => {
    await using services = await openServices();
    const { artifacts } = services.clients;
    const object = await withModel(services);
    const commit = { object, name: "onnx", files: await uploadFiles(services, "n", contents) };
    const answers = await Promise.all(Array.from({ length: 16 }, () => artifacts.commitArtifact(commit)));
    expect(answers.filter((one) => !one.exists)).toHaveLength(1);
    expect(new Set(answers.map((one) => one.artifact?.id)).size).toBe(1);
  });

  test("refuses a lease that ended, one of another namespace, and chunks that were not sent", async () => {
    await using services = await openServices();
    const { artifacts, leases } = services.clients;
    const object = await withModel(services);
    const commit = (files: Awaited<ReturnType<typeof uploadFiles>>) =>
      failureOf(artifacts.commitArtifact({ object, name: "onnx", files }));
    const elsewhere = await uploadFiles(services, "other", contents);
    expect(await commit(elsewhere)).toMatchObject({
      code: "failed_precondition",
      reason: "LEASE_ELSEWHERE",
    });
    const ended = await uploadFiles(services, "n", contents);
    await leases.releaseLease({ leaseId: ended.leaseId! });
    expect(await commit(ended)).toMatchObject({ code: "failed_precondition", reason: "LEASE_ENDED" });
    const { lease } = await artifacts.beginUpload({ namespace: "n" });
    expect(await commit(fileSetOf(lease!.id, { x: "never sent" }))).toMatchObject({
      reason: "CHUNKS_MISSING",
    });
    expect((await artifacts.listArtifacts({ object })).artifacts).toEqual([]);
  });

  test("refuses reserved and wrong names, an empty set, and objects that carry no artifacts", async () => {
    await using services = await openServices();
    const { artifacts } = services.clients;
    const object = await withModel(services);
    const files = fileSetOf("", { empty: "" });
    const fields = async (request: Parameters<typeof artifacts.commitArtifact>[0]) =>
      (await failureOf(artifacts.commitArtifact(request))).fields;
    expect(await fields({ object, name: "default", files })).toEqual(["name"]);
    expect(await fields({ object, name: "a b", files })).toEqual(["name"]);
    expect(await fields({ object, name: "a" })).toEqual(["files"]);
    expect(await fields({ object, name: "a", files: { files: [] } })).toEqual(["files"]);
    const { artifact } = await artifacts.commitArtifact({ object, name: "a", files });
    expect(await fields({ object: `artifact:${artifact!.id}`, name: "b", files })).toEqual(["object"]);
  });
});

describe("checkpoints and versions", () => {
  test("are committed with their files; a retry after the lease has ended gets them", async () => {
    await using services = await openServices();
    const { experiments, checkpoints, versions, artifacts } = services.clients;
    await withModel(services);
    await experiments.createExperiment({ namespace: "n", name: "e" });
    const first = { experiment: "n/e", step: 1n, files: await uploadFiles(services, "n", contents) };
    const made = await checkpoints.createCheckpoint(first);
    expect(made.checkpoint?.artifact).toMatchObject({ name: "default", fileCount: 3n, sizeBytes: 12n });
    expect(await checkpoints.createCheckpoint(first)).toMatchObject({
      exists: true,
      checkpoint: made.checkpoint!,
    });
    const version = {
      model: "n/m",
      version: "1",
      files: await uploadFiles(services, "n", contents),
      requestId: "r",
    };
    const released = await versions.createModelVersion(version);
    expect(await versions.createModelVersion(version)).toEqual(released);
    expect(await versions.createModelVersion({ ...version, requestId: "" })).toMatchObject({ exists: true });
    const listed = await artifacts.listFiles({ object: "version:n/m@1" });
    expect(listed.files).toHaveLength(3);
    expect((await failureOf(artifacts.listFiles({ object: "model:n/m" }))).fields).toEqual(["object"]);
    expect((await failureOf(artifacts.listFiles({}))).fields).toEqual(["artifact"]);
  });

  test("nothing is visible of a checkpoint whose files are not all there", async () => {
    await using services = await openServices();
    const { experiments, checkpoints, artifacts, changes } = services.clients;
    await experiments.createExperiment({ namespace: "n", name: "e" });
    const { lease } = await artifacts.beginUpload({ namespace: "n" });
    const before = (await changes.listChanges({ namespace: "n" })).lastSequence;
    const files = fileSetOf(lease!.id, contents);
    expect(
      (await failureOf(checkpoints.createCheckpoint({ experiment: "n/e", step: 1n, files }))).reason,
    ).toBe("CHUNKS_MISSING");
    expect((await checkpoints.listCheckpoints({ experiment: "n/e" })).checkpoints).toEqual([]);
    expect((await failureOf(checkpoints.getCheckpoint({ checkpoint: "n/e/latest" }))).code).toBe("not_found");
    expect((await changes.listChanges({ namespace: "n" })).lastSequence).toBe(before);
  });
});

test("files are listed by folder and page, chunks by page", async () => {
  await using services = await openServices();
  const { artifacts } = services.clients;
  const object = await withModel(services);
  const many = { "a/1": "x", "a/2": "y", "a.txt": "z", "ab/3": "w", big: "0123456789abcdef0" };
  const { artifact } = await artifacts.commitArtifact({
    object,
    name: "a",
    files: await uploadFiles(services, "n", many),
  });
  const list = async (pathPrefix: string, pageSize = 0) => {
    const paths: string[] = [];
    let pageToken = "";
    do {
      const page = await artifacts.listFiles({ artifact: artifact!.id, pathPrefix, pageSize, pageToken });
      paths.push(...page.files.map((one) => one.path));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return paths;
  };
  expect(await list("", 2)).toEqual(["a.txt", "a/1", "a/2", "ab/3", "big"]);
  expect(await list("a")).toEqual(["a/1", "a/2"]);
  expect(await list("a/")).toEqual(["a/1", "a/2"]);
  expect(await list("a/2")).toEqual(["a/2"]);
  expect((await failureOf(list("../a"))).fields).toEqual(["path_prefix"]);

  const { files } = await artifacts.listFiles({ artifact: artifact!.id, pathPrefix: "big" });
  const seen: [bigint, string[]][] = [];
  let pageToken = "";
  do {
    const page = await artifacts.listFileChunks({ file: files[0]!.id, pageSize: 2, pageToken });
    seen.push([page.offsetBytes, page.chunks.map((one) => one.sha256)]);
    expect(page.xxh3).toEqual(page.chunks.map(() => 0n));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(seen).toEqual([
    [0n, [sha256("0123"), sha256("4567")]],
    [8n, [sha256("89ab"), sha256("cdef")]],
    [16n, [sha256("0")]],
  ]);
  const unknown = { file: "0197c0de-0000-7000-8000-000000000000" };
  expect((await failureOf(artifacts.listFileChunks(unknown))).code).toBe("not_found");
});

describe("TrackArtifact", () => {
  test("records what stays outside, unchecked", async () => {
    await using services = await openServices();
    const { artifacts } = services.clients;
    const object = await withModel(services);
    const files = [
      { path: "weights.bin", uri: "s3://bucket/weights.bin", sizeBytes: 7n, sha256: "a".repeat(64) },
      { path: "readme.md", uri: "https://example.com/readme.md" },
    ];
    const { artifact } = await artifacts.trackArtifact({ object, name: "outside", files });
    const listed = (await artifacts.listFiles({ artifact: artifact!.id })).files;
    expect(listed).toMatchObject([
      { path: "readme.md", sizeBytes: -1n, sha256: "", digestState: DigestState.UNCHECKED },
      { ...files[0], digestState: DigestState.UNCHECKED },
    ]);
    const again = await artifacts.trackArtifact({ object, name: "outside", files: files.toReversed() });
    expect(again).toMatchObject({ exists: true, artifact: { id: artifact!.id } });
    expect(
      (await failureOf(artifacts.trackArtifact({ object, name: "outside", files: files.slice(1) }))).code,
    ).toBe("already_exists");
  });

  test("refuses addresses with credentials or without scheme, and wrong paths and digests", async () => {
    await using services = await openServices();
    const { artifacts } = services.clients;
    const object = await withModel(services);
    const files = [
      { path: "a", uri: "https://user:secret@example.com/a" },
      { path: "b", uri: "/etc/passwd" },
      { path: "../c", uri: "s3://bucket/c" },
      { path: "d", uri: "s3://bucket/d", sha256: "nope" },
    ];
    const failure = await failureOf(artifacts.trackArtifact({ object, name: "x", files }));
    expect(failure.fields).toEqual(["files[0].uri", "files[1].uri", "files[2].path", "files[3].sha256"]);
    expect(failure.message).not.toContain("secret");
  });
});

describe("DeleteArtifact", () => {
  test("deletes what was added later, and not the files of a version itself", async () => {
    await using services = await openServices();
    const { artifacts, versions, leases } = services.clients;
    await withModel(services);
    const { version } = await versions.createModelVersion({ model: "n/m" });
    const own = await failureOf(artifacts.deleteArtifact({ artifact: version!.artifact!.id }));
    expect(own).toMatchObject({ code: "failed_precondition", reason: "DEFAULT_ARTIFACT" });
    const files = fileSetOf("", { empty: "" });
    const { artifact } = await artifacts.commitArtifact({ object: "version:n/m@1", name: "extra", files });
    expect((await failureOf(versions.deleteModelVersion({ version: "n/m@1" }))).reason).toBe("NOT_EMPTY");
    const restore = { kind: LeaseKind.RESTORE, object: "version:n/m@1", holder: "triton" };
    const { lease } = await leases.acquireLease(restore);
    expect((await failureOf(artifacts.deleteArtifact({ artifact: artifact!.id }))).reason).toBe("LEASED");
    await leases.releaseLease({ leaseId: lease!.id });
    const request = { artifact: artifact!.id, requestId: "r" };
    const deleted = await artifacts.deleteArtifact(request);
    expect(deleted.artifact?.id).toBe(artifact!.id);
    expect(await artifacts.deleteArtifact(request)).toEqual(deleted);
    expect(
      (await artifacts.listArtifacts({ object: "version:n/m@1" })).artifacts.map((one) => one.name),
    ).toEqual(["default"]);
  });
});

test("request ids of uploads and artifacts", async () => {
  await using services = await openServices();
  const { artifacts } = services.clients;
  const object = await withModel(services);
  const begin = { namespace: "n", requestId: "begin" };
  const { lease } = await artifacts.beginUpload(begin);
  expect((await artifacts.beginUpload(begin)).lease?.id).toBe(lease!.id);
  expect((await failureOf(artifacts.beginUpload({ ...begin, sizeBytes: 5n }))).reason).toBe(
    "REQUEST_ID_REUSED",
  );
  const commit = {
    object,
    name: "a",
    files: await uploadFiles(services, "n", contents),
    requestId: "commit",
  };
  const committed = await artifacts.commitArtifact(commit);
  expect(await artifacts.commitArtifact(commit)).toEqual(committed);
  expect((await failureOf(artifacts.commitArtifact({ ...commit, name: "b" }))).reason).toBe(
    "REQUEST_ID_REUSED",
  );
  const track = { object, name: "t", files: [{ path: "x", uri: "s3://b/x" }], requestId: "track" };
  const tracked = await artifacts.trackArtifact(track);
  expect(await artifacts.trackArtifact(track)).toEqual(tracked);
  expect((await failureOf(artifacts.trackArtifact({ ...track, name: "u" }))).reason).toBe(
    "REQUEST_ID_REUSED",
  );
});
