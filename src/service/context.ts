import type { BlobStore } from "../domain/blob-store.ts";
import type { Clock } from "../domain/clock.ts";
import type { DirectTransfer } from "../domain/direct-transfer.ts";
import type { MetadataStore } from "../domain/metadata-store.ts";

/** What every use case works with. */
export interface ServiceContext {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  /** Undefined where all bytes go through the server. */
  readonly direct?: DirectTransfer | undefined;
  readonly clock: Clock;
}

/** Who calls. Made by the authentication interceptor; without authentication everybody may read and write all. */
export interface Caller {
  /** For changes and the log, for example "anonymous". */
  readonly actor: string;
  /** Namespaces that the caller may read. */
  readonly readable: readonly string[] | "all";
  /** Namespaces that the caller may write. */
  readonly writable: readonly string[] | "all";
}
