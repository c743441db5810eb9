import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { TableRow } from "../../domain/table-rows.ts";
import { filePath } from "../copy/damaged.ts";
import { everyPage, pagesOf } from "../copy/rows.ts";
import { PAGE_ROWS, report, type Check } from "./check.ts";
import type { Problem } from "./check-chunks.ts";

/** A row of the table of pieces. */
interface Piece extends TableRow {
  readonly fileId: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly digest: string;
}

interface FileRow extends TableRow {
  readonly id: string;
  readonly sizeBytes: number;
  readonly uri: string;
}

/** What the pieces of one file come to. */
interface Sum {
  readonly fileId: string;
  readonly sizeBytes: number;
  readonly hasGap: boolean;
}

/**
 * Finds files whose pieces don't make them up, and pieces whose chunks are not there. Both tables are walked in the order
 * of the files' ids, side by side.
 */
export async function checkFiles(check: Check): Promise<void> {
  const sums = sumsOfPieces(check);
  let sum = await sums.next();
  const strays = async (before: string | undefined): Promise<void> => {
    for (; sum.done !== true && (before === undefined || sum.value.fileId < before); sum = await sums.next())
      await lookAgain(check, sum.value.fileId);
  };
  for await (const rows of everyPage(pagesOf(check.storage.metadata), "files")) {
    for (const file of rows as readonly FileRow[]) {
      check.signal?.throwIfAborted();
      check.findings.looked.files += 1;
      await strays(file.id);
      const own = sum.done !== true && sum.value.fileId === file.id ? sum.value : undefined;
      if (!isWhole(file, own ?? { fileId: file.id, sizeBytes: 0, hasGap: false }))
        await lookAgain(check, file.id);
      if (own !== undefined) sum = await sums.next();
    }
  }
  await strays(undefined);
}

/** Tracked files are elsewhere. */
function isWhole({ sizeBytes, uri }: Pick<FileRow, "sizeBytes" | "uri">, sum: Sum): boolean {
  return !sum.hasGap && sum.sizeBytes === (uri === "" ? sizeBytes : 0);
}

async function* sumsOfPieces(check: Check): AsyncGenerator<Sum, void, undefined> {
  let sum: Sum | undefined;
  for await (const rows of everyPage(pagesOf(check.storage.metadata), "fileChunks")) {
    check.signal?.throwIfAborted();
    await checkChunksOf(check, rows as readonly Piece[]);
    for (const piece of rows as readonly Piece[]) {
      if (sum !== undefined && sum.fileId !== piece.fileId) {
        yield sum;
        sum = undefined;
      }
      sum = add(sum ?? { fileId: piece.fileId, sizeBytes: 0, hasGap: false }, piece);
    }
  }
  if (sum !== undefined) yield sum;
}

function add(sum: Sum, { offsetBytes, sizeBytes }: Pick<Piece, "offsetBytes" | "sizeBytes">): Sum {
  const hasGap = sum.hasGap || offsetBytes !== sum.sizeBytes;
  return { ...sum, sizeBytes: sum.sizeBytes + sizeBytes, hasGap };
}

async function checkChunksOf(check: Check, pieces: readonly Piece[]): Promise<void> {
  const { storage } = check;
  const wrong = await storage.metadata.read((tx) => wrongPieces(tx, pieces));
  if (wrong.size === 0) return;
  // A file may have been deleted since, and its chunks collected.
  const again = await storage.metadata.read(async (tx) => {
    const still: Piece[] = [];
    for (const { piece } of wrong.values()) {
      const [now] = await tx.artifacts.fileChunks(piece.fileId, piece.offsetBytes, 1);
      if (now?.digest === piece.digest) still.push(piece);
    }
    return await wrongPieces(tx, still);
  });
  for (const [digest, { piece, problem }] of again) {
    const { sizeBytes } = piece;
    const found = { ...problem, sha256: digest, objectKey: "", sizeBytes };
    if (problem.kind === "piece_size") await report(check, found);
    else await report(check, found, (mender) => mender.absent(digest, sizeBytes));
  }
}

async function wrongPieces(tx: MetadataReader, pieces: readonly Piece[]) {
  const chunks = new Map(
    (await tx.chunks.getMany(pieces.map((piece) => piece.digest))).map((chunk) => [chunk.digest, chunk]),
  );
  const wrong = new Map<string, { readonly piece: Piece; readonly problem: Problem }>();
  for (const piece of pieces) {
    const chunk = chunks.get(piece.digest);
    if (chunk?.sizeBytes === piece.sizeBytes) continue;
    const problem: Problem =
      chunk === undefined
        ? { kind: "chunk_missing", detail: "files need it, and it has no row" }
        : {
            kind: "piece_size",
            detail: `the file ${piece.fileId} has ${piece.sizeBytes} bytes of it, and it has ${chunk.sizeBytes}`,
          };
    wrong.set(piece.digest, { piece, problem });
  }
  return wrong;
}

/** Looks at a file and all its pieces at one moment. */
async function lookAgain(check: Check, fileId: string): Promise<void> {
  const looked = await check.storage.metadata.read(async (tx) => {
    const file = await tx.artifacts.file(fileId);
    let sum: Sum = { fileId, sizeBytes: 0, hasGap: false };
    for (;;) {
      const page = await tx.artifacts.fileChunks(fileId, sum.sizeBytes, PAGE_ROWS);
      for (const piece of page) sum = add(sum, piece);
      if (page.length < PAGE_ROWS || sum.hasGap) break;
    }
    const path = file === undefined ? "" : await filePath(tx, file);
    return { file, sum, path };
  });
  const { file, sum, path } = looked;
  const found = { sha256: "", objectKey: "", sizeBytes: sum.sizeBytes };
  if (file === undefined) {
    if (sum.sizeBytes === 0) return;
    const detail = `there are pieces of a file ${fileId}, which has no row`;
    await report(check, { kind: "file_missing", detail, ...found });
  } else if (!isWhole(file, sum)) {
    const problem = sum.hasGap ? "have a gap" : `have ${sum.sizeBytes} bytes instead of ${file.sizeBytes}`;
    await report(check, {
      kind: "file_pieces",
      detail: `the pieces of ${path} ${problem}`,
      ...found,
      files: [path],
    });
  }
}
