import { MAX_FILES_PER_COMMIT, MAX_PAGE_SIZE } from "../../domain/limits.ts";
import { filePathProblem } from "../../domain/names.ts";
import { DigestState, type File } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { CorruptDataError, InvalidInputError } from "../errors.ts";
import type { ModelBoxClient } from "../model-box-client.ts";
import { PARTIAL_SUFFIX } from "../transfer/limits.ts";
import type { PathFilter } from "./path-filter.ts";
import { localNameProblem } from "./local-names.ts";

/** A stored file that will be downloaded. */
export interface WantedFile {
  readonly id: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of the whole file when the server has verified it, else "". */
  readonly sha256: string;
}

/** A file that stays where it is. */
export interface NotDownloadedFile {
  readonly path: string;
  /** Where it is. */
  readonly uri: string;
}

/** What a download will write, and what it will not. */
export interface WantedFiles {
  readonly files: readonly WantedFile[];
  readonly sizeBytes: number;
  readonly notDownloaded: readonly NotDownloadedFile[];
}

/** Which set of files: an artifact by id, or the default one of an object. */
export type FileSource = { readonly artifact: string } | { readonly object: string };

/** Lists the files to download. The server is not trusted with names: one that could leave the folder ends it all. */
export async function listWantedFiles(
  client: ModelBoxClient,
  source: FileSource,
  filter: PathFilter,
  signal: AbortSignal,
): Promise<WantedFiles> {
  const files: WantedFile[] = [];
  const notDownloaded: NotDownloadedFile[] = [];
  const paths = new Set<string>();
  let sizeBytes = 0;
  let seenFiles = 0;
  for await (const file of allFiles(client, source, signal)) {
    seenFiles += 1;
    if (seenFiles > MAX_FILES_PER_COMMIT) {
      throw new CorruptDataError(
        `The server lists more than ${MAX_FILES_PER_COMMIT} files, which no artifact has.`,
      );
    }
    if (!filter.matches(file.path)) continue;
    if (file.uri !== "") {
      notDownloaded.push({ path: file.path, uri: file.uri });
      continue;
    }
    checkPath(file.path, paths);
    const wanted = toWanted(file);
    files.push(wanted);
    sizeBytes += wanted.sizeBytes;
  }
  filter.refuseUnused();
  return { files, sizeBytes, notDownloaded };
}

async function* allFiles(
  client: ModelBoxClient,
  source: FileSource,
  signal: AbortSignal,
): AsyncGenerator<File> {
  let pageToken = "";
  do {
    const page = await client.artifacts.listFiles(
      { ...source, pageSize: MAX_PAGE_SIZE, pageToken },
      { signal },
    );
    yield* page.files;
    if (page.nextPageToken === pageToken) return;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

function checkPath(path: string, earlier: Set<string>): void {
  const problem = filePathProblem(path) ?? localNameProblem(path) ?? partialProblem(path);
  if (problem !== undefined) {
    throw new InvalidInputError(
      `The file ${JSON.stringify(path)} can't be written here: its path ${problem}. Leave it out with --include.`,
    );
  }
  const folded = foldCase(path);
  if (earlier.has(folded)) {
    throw new InvalidInputError(
      `Two files would be written to ${path}, because this system does not tell upper and lower case apart; choose one with --include.`,
    );
  }
  earlier.add(folded);
}

function partialProblem(path: string): string | undefined {
  return path.endsWith(PARTIAL_SUFFIX) ? `must not end with ${PARTIAL_SUFFIX}` : undefined;
}

function foldCase(path: string): string {
  const foldsCase = process.platform === "darwin" || process.platform === "win32";
  return foldsCase ? path.normalize("NFC").toLowerCase() : path;
}

function toWanted(file: File): WantedFile {
  const sizeBytes = Number(file.sizeBytes);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new CorruptDataError(
      `The server says that ${file.path} has ${file.sizeBytes} bytes, which can't be.`,
    );
  }
  return {
    id: file.id,
    path: file.path,
    sizeBytes,
    sha256: file.digestState === DigestState.VERIFIED ? file.sha256 : "",
  };
}
