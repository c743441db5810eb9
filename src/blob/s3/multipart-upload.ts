import { problemOf } from "./errors.ts";
import { sizeOf } from "./reader.ts";
import type { S3Requests, UploadedPart } from "./requests.ts";

/** An object that is sent part by part. Nothing is visible before it is complete. */
export class MultipartUpload {
  readonly #requests: S3Requests;
  readonly #name: string;
  readonly #id: string;
  /** More than one when answers were lost: each may have begun an upload. */
  readonly #attempts: number;
  readonly #parts: UploadedPart[] = [];

  private constructor(requests: S3Requests, name: string, id: string, attempts: number) {
    this.#requests = requests;
    this.#name = name;
    this.#id = id;
    this.#attempts = attempts;
  }

  static async begin(requests: S3Requests, name: string): Promise<MultipartUpload> {
    let attempts = 0;
    const id = await requests.retried(() => {
      attempts += 1;
      return requests.beginUpload(name);
    });
    return new MultipartUpload(requests, name, id, attempts);
  }

  async put(bytes: Uint8Array): Promise<void> {
    const part = this.#parts.length + 1;
    this.#parts.push(await this.#requests.putPart(this.#name, this.#id, part, bytes));
  }

  /** An attempt whose answer was lost may have done it: then the upload is gone, and the object is there. */
  async complete(sizeBytes: number): Promise<void> {
    await this.#requests.retried(async () => {
      try {
        await this.#requests.completeUpload(this.#name, this.#id, this.#parts);
      } catch (error) {
        if (problemOf(error) !== "absent_upload") throw error;
        if ((await sizeOf(this.#requests, this.#name)) !== sizeBytes) throw error;
      }
    });
    await this.#abortLost();
  }

  async abort(): Promise<void> {
    await this.#abort(this.#id);
    await this.#abortLost();
  }

  /** A name is written once, so that all uploads that it has are ours. */
  async #abortLost(): Promise<void> {
    if (this.#attempts === 1) return;
    try {
      for (const { name, id } of await this.#requests.uploads(this.#name)) {
        if (name === this.#name) await this.#abort(id);
      }
    } catch {
      // Nobody sees them, and a later start aborts what is left.
    }
  }

  async #abort(id: string): Promise<void> {
    try {
      await this.#requests.abortUpload(this.#name, id);
    } catch (error) {
      if (problemOf(error) !== "absent_upload") throw error;
    }
  }
}
