import { expect, test } from "bun:test";
import { openServices, type TestServices } from "../../../test/support/rpc.ts";
import { DomainError } from "../../domain/errors.ts";
import type { MetadataStore } from "../../domain/metadata-store.ts";
import { TokenChecker } from "./check.ts";
import { createToken } from "./create.ts";
import { revokeToken } from "./revoke.ts";

const MINUTE_MS = 60_000;

/** A checker over the services' database, with a count of its reads. */
function checkerOf({ metadata, clock }: TestServices, noteUse = false) {
  const counted = { reads: 0, failures: [] as unknown[] };
  const counting: MetadataStore = {
    ...bound(metadata),
    read: (work) => {
      counted.reads += 1;
      return metadata.read(work);
    },
  };
  const checker = new TokenChecker(
    { metadata: counting, clock },
    { noteUse, noteFailed: (error) => void counted.failures.push(error) },
  );
  return { checker, counted };
}

function bound(metadata: MetadataStore): MetadataStore {
  return {
    read: (work) => metadata.read(work),
    write: (work) => metadata.write(work),
    onChanges: (namespaceId, listener) => metadata.onChanges(namespaceId, listener),
    check: () => metadata.check(),
    [Symbol.asyncDispose]: () => metadata[Symbol.asyncDispose](),
  };
}

async function isRefused(work: Promise<unknown>): Promise<boolean> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined) expect(error).toMatchObject({ kind: "unauthenticated", reason: "TOKEN_INVALID" });
  return error !== undefined;
}

test("a token names its caller, and is read once in a while however many calls come", async () => {
  await using services = await openServices();
  const { text } = await createToken(services.service, { name: "ci", expiresAt: undefined });
  const { checker, counted } = checkerOf(services);
  const callers = await Promise.all(Array.from({ length: 100 }, () => checker.check(text)));
  expect(callers.every((caller) => caller.actor === "ci" && caller.writable === "all")).toBe(true);
  for (let call = 0; call < 100; call += 1) await checker.check(text);
  expect(counted.reads).toBe(1);
  services.clock.advanceMs(2_500);
  await checker.check(text);
  expect(counted.reads).toBe(2);
});

test("a revoked token stops within seconds, an expired one at once, and its text is stored nowhere", async () => {
  await using services = await openServices();
  const { service, clock, metadata } = services;
  const { checker } = checkerOf(services);
  const revoked = await createToken(service, { name: "old", expiresAt: undefined });
  const brief = await createToken(service, {
    name: "brief",
    expiresAt: clock.nowMicros() + MINUTE_MS * 1000,
  });
  await checker.check(revoked.text);
  await checker.check(brief.text);
  await revokeToken(service, "old");
  clock.advanceMs(2_500);
  expect(await isRefused(checker.check(revoked.text))).toBe(true);
  clock.advanceMs(MINUTE_MS - 3_000);
  expect(await isRefused(checker.check(brief.text))).toBe(false);
  clock.advanceMs(1_000);
  expect(await isRefused(checker.check(brief.text))).toBe(true);
  const rows = JSON.stringify(await metadata.read((tx) => tx.tokens.list(undefined, 10)));
  expect(rows).not.toContain(brief.text.slice("mbx_".length));
});

test("what can't be a token costs no read, and what is none is refused each time", async () => {
  await using services = await openServices();
  const { checker, counted } = checkerOf(services);
  for (const text of ["", "x", "mbx_short", `mbx_${"!".repeat(43)}`, `mbx_${"a".repeat(44)}`])
    expect(await isRefused(checker.check(text))).toBe(true);
  expect(counted.reads).toBe(0);
  const { text } = await createToken(services.service, { name: "ci", expiresAt: undefined });
  const other = text.slice(0, -2) + (text.endsWith("AA") ? "BA" : "AA");
  expect(await isRefused(checker.check(other))).toBe(true);
  expect(await isRefused(checker.check(text))).toBe(false);
});

test("so many at once that the database would have no time for others are sent away", async () => {
  await using services = await openServices();
  const { checker, counted } = checkerOf(services);
  const texts = Array.from({ length: 300 }, (_, index) => `mbx_${String(index).padStart(43, "a")}`);
  const outcomes = await Promise.all(
    texts.map((text) => checker.check(text).then(String, (error: unknown) => error)),
  );
  const reasons = outcomes.map((error) => (error instanceof DomainError ? error.reason : "none"));
  expect(reasons.filter((reason) => reason === "TOKEN_INVALID")).toHaveLength(256);
  expect(reasons.filter((reason) => reason === "SERVER_BUSY")).toHaveLength(44);
  expect(counted.reads).toBe(256);
  expect(await isRefused(checker.check(texts.at(-1) ?? ""))).toBe(true);
});

test("its use is noted now and then", async () => {
  await using services = await openServices();
  const { service, clock, metadata } = services;
  const { token, text } = await createToken(service, { name: "ci", expiresAt: undefined });
  const { checker, counted } = checkerOf(services, true);
  const lastUse = () => metadata.write(async (tx) => (await tx.tokens.get(token.id))?.lastUsedAt ?? 0);
  expect(await lastUse()).toBe(0);
  await checker.check(text);
  // Works run in order, so the note is there by now.
  const first = await lastUse();
  expect(first).toBeGreaterThan(token.createdAt);
  clock.advanceMs(9 * MINUTE_MS);
  await checker.check(text);
  expect(await lastUse()).toBe(first);
  clock.advanceMs(2 * MINUTE_MS);
  await checker.check(text);
  expect(await lastUse()).toBeGreaterThan(first);
  expect(counted.failures).toEqual([]);
});

test("a name is revoked only where it is clear which token is meant", async () => {
  await using services = await openServices();
  const { service } = services;
  const first = await createToken(service, { name: "ci", expiresAt: undefined });
  const second = await createToken(service, { name: "ci", expiresAt: undefined });
  const ambiguous = await revokeToken(service, "ci").catch((error: unknown) => error);
  expect(String(ambiguous)).toContain(`${first.token.id} or ${second.token.id}`);
  const revoked = await revokeToken(service, first.token.id);
  expect(revoked.revokedAt).toBeGreaterThan(0);
  expect((await revokeToken(service, first.token.id)).revokedAt).toBe(revoked.revokedAt);
  expect((await revokeToken(service, "ci")).id).toBe(second.token.id);
  const absent = await revokeToken(service, "nobody").catch((error: unknown) => error);
  expect(absent).toMatchObject({ kind: "not_found" });
  const bad = await createToken(service, { name: "../ci", expiresAt: 1 }).catch((error: unknown) => error);
  expect(bad).toMatchObject({
    kind: "invalid_argument",
    violations: [{ field: "name" }, { field: "expires" }],
  });
});
