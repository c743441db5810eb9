import { describe, expect, test } from "bun:test";
import type { MetadataStore } from "../domain/metadata-store.ts";
import { attributeTests } from "./conformance/attributes.ts";
import { filterTests } from "./conformance/filters.ts";
import type { Define } from "./conformance/define.ts";
import { listTests } from "./conformance/lists.ts";
import { logTests } from "./conformance/log.ts";
import { objectTests } from "./conformance/objects.ts";
import { storageTests } from "./conformance/storage.ts";
import { storageSumTests } from "./conformance/storage-sums.ts";
import { storageUsageTests } from "./conformance/storage-usage.ts";
import { tableTests } from "./conformance/tables.ts";
import { tagTests } from "./conformance/tags.ts";
import { garbageTests } from "./conformance/garbage.ts";
import { encodingTests } from "./conformance/encodings.ts";
import { jobTests } from "./conformance/jobs.ts";
import { tokenTests } from "./conformance/tokens.ts";
import { transactionTests } from "./conformance/transactions.ts";

const TEST_TIMEOUT_MS = 60_000;

/** A store that one test uses. */
export interface Subject {
  readonly store: MetadataStore;
  /** Called after the store was disposed: names of what it left behind and should not have. */
  leftovers(): Promise<readonly string[]>;
}

export interface ConformanceOptions {
  /** Of the driver. */
  readonly name: string;
  /** Makes an empty store. */
  readonly create: () => Promise<Subject>;
  /** Random filters to try, for each of two amounts of data. */
  readonly randomFilters: number;
  /** Tests that this driver can't pass, and why. */
  readonly skip: readonly { readonly test: string; readonly reason: string }[];
}

/** The contract of the port, as tests that every driver passes. */
export function testMetadataStore({ name, create, randomFilters, skip }: ConformanceOptions): void {
  const reasons = new Map(skip.map((one) => [one.test, one.reason]));
  const define: Define = (title, body) => {
    const reason = reasons.get(title);
    if (reason !== undefined) {
      test.skip(`${title} (${reason})`, () => undefined);
      return;
    }
    const run = async () => {
      const subject = await create();
      try {
        await body(subject.store);
      } finally {
        await subject.store[Symbol.asyncDispose]();
      }
      expect(await subject.leftovers()).toEqual([]);
    };
    test(title, run, TEST_TIMEOUT_MS);
  };
  describe(name, () => {
    describe("objects", () => objectTests(define));
    describe("tags", () => tagTests(define));
    describe("files, chunks and leases", () => storageTests(define));
    describe("sums over files", () => storageSumTests(define));
    describe("what files take", () => storageUsageTests(define));
    describe("labels, metrics, events and lineage", () => attributeTests(define));
    describe("changes and requests", () => logTests(define));
    describe("tokens", () => tokenTests(define));
    describe("garbage", () => garbageTests(define));
    describe("encodings", () => encodingTests(define));
    describe("jobs", () => jobTests(define));
    describe("tables", () => tableTests(define));
    describe("lists", () => listTests(define));
    describe("filters", () => filterTests(define, randomFilters));
    describe("transactions", () => transactionTests(define));
  });
}
