import { open, type FileHandle } from "node:fs/promises";
import { notFound } from "../../domain/errors.ts";
import { releaseBytes } from "../../hashing/release.ts";
import { damaged } from "./damaged-archive.ts";
import { BLOCK_BYTES, END_BYTES, paddingOf, parseTarHeader, type TarHeader } from "./tar.ts";

/** More than any page or chunk has. */
const MAX_MEMBER_BYTES = 512 * 1024 * 1024;

/** A member, read. */
export interface ArchiveMember extends TarHeader {
  /** Gone once the next member is asked for. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 (hex) of all bytes of the archive before this member. */
  sha256Before(): string;
}

async function openArchive(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw notFound("archive", path);
    throw error;
  }
}

/**
 * All members of a tar file, one after the other. Throws DomainError when there is no such file, when it is cut short, or goes
 * on behind its end.
 */
export async function* membersOf(path: string): AsyncGenerator<ArchiveMember, void, undefined> {
  await using file = await openArchive(path);
  const hasher = new Bun.CryptoHasher("sha256");
  let position = 0;
  const next = async (sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await readFully(file, position, sizeBytes);
    position += sizeBytes;
    return bytes;
  };
  for (;;) {
    const block = await next(BLOCK_BYTES);
    const header = parseTarHeader(block);
    if (header === undefined) break;
    if (header.sizeBytes > MAX_MEMBER_BYTES) throw damaged("one of its headers is wrong");
    const before = hasher.copy();
    hasher.update(block);
    const bytes = await next(header.sizeBytes);
    hasher.update(bytes);
    const padding = await next(paddingOf(header.sizeBytes));
    if (padding.some((byte) => byte !== 0)) throw damaged("there is something between its members");
    hasher.update(padding);
    yield { ...header, bytes, sha256Before: () => before.digest("hex") };
    releaseBytes(bytes);
  }
  const rest = await next(END_BYTES - BLOCK_BYTES);
  if (parseTarHeader(rest) !== undefined || (await file.stat()).size !== position)
    throw damaged("it goes on behind its end");
}

async function readFully(
  file: FileHandle,
  position: number,
  sizeBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(sizeBytes);
  for (let done = 0; done < sizeBytes;) {
    const { bytesRead } = await file.read(bytes, done, sizeBytes - done, position + done);
    if (bytesRead === 0) throw damaged("it ends too early");
    done += bytesRead;
  }
  return bytes;
}
