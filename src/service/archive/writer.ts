import { existsSync } from "node:fs";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DomainError } from "../../domain/errors.ts";
import { END_BYTES, paddingOf, tarHeader } from "./tar.ts";

/** A place in the archive to come back to. */
export interface ArchiveMark {
  readonly position: number;
  readonly hasher: Bun.CryptoHasher;
}

/** Writes a tar file under another name, and gives it its own once it is whole and on the disk. */
export class ArchiveWriter implements AsyncDisposable {
  readonly path: string;
  readonly #part: string;
  readonly #file: FileHandle;
  readonly #modifiedAtSeconds: number;
  #position = 0;
  #hasher = new Bun.CryptoHasher("sha256");
  #isOpen = true;

  private constructor(path: string, part: string, file: FileHandle, modifiedAtSeconds: number) {
    this.path = path;
    this.#part = part;
    this.#file = file;
    this.#modifiedAtSeconds = modifiedAtSeconds;
  }

  /** Throws DomainError "already_exists" when there is such a file. Disposing before `finish` leaves nothing. */
  static async create(name: string, modifiedAtSeconds: number): Promise<ArchiveWriter> {
    const path = resolve(name);
    requireNew(path);
    const part = `${path}.${crypto.randomUUID()}.part`;
    return new ArchiveWriter(path, part, await open(part, "wx+", 0o600), modifiedAtSeconds);
  }

  get sizeBytes(): number {
    return this.#position;
  }

  /** SHA-256 (hex) of all that was written. */
  get sha256(): string {
    return this.#hasher.copy().digest("hex");
  }

  /** Appends a member; returns where its bytes are. */
  async add(name: string, bytes: Uint8Array): Promise<number> {
    await this.#write(tarHeader({ name, sizeBytes: bytes.byteLength }, this.#modifiedAtSeconds));
    const offset = this.#position;
    await this.#write(bytes);
    await this.#write(new Uint8Array(paddingOf(bytes.byteLength)));
    return offset;
  }

  /** Bytes of a member that was written. */
  async read(offset: number, sizeBytes: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(sizeBytes);
    const { bytesRead } = await this.#file.read(bytes, 0, sizeBytes, offset);
    if (bytesRead < sizeBytes) throw new Error(`${this.#part} was changed by somebody else`);
    return bytes;
  }

  mark(): ArchiveMark {
    return { position: this.#position, hasher: this.#hasher.copy() };
  }

  /** Forgets what was added since. */
  rewind({ position, hasher }: ArchiveMark): void {
    this.#position = position;
    this.#hasher = hasher.copy();
  }

  /** Ends it, and makes it survive a power failure under its own name. */
  async finish(): Promise<void> {
    await this.#write(new Uint8Array(END_BYTES));
    await this.#file.truncate(this.#position);
    await this.#file.sync();
    await this.#close();
    requireNew(this.path);
    await rename(this.#part, this.path);
    await using folder = await open(dirname(this.path), "r");
    await folder.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await rm(this.#part, { force: true });
  }

  async #close(): Promise<void> {
    if (this.#isOpen) await this.#file.close();
    this.#isOpen = false;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.byteLength;) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        done,
        bytes.byteLength - done,
        this.#position + done,
      );
      done += bytesWritten;
    }
    this.#hasher.update(bytes);
    this.#position += bytes.byteLength;
  }
}

function requireNew(path: string): void {
  if (!existsSync(path)) return;
  throw new DomainError(
    "already_exists",
    "ARCHIVE_EXISTS",
    `The file ${path} exists already; choose another name.`,
  );
}
