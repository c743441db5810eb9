import { UsageError } from "../output/usage-error.ts";

/** A file that stays outside, as the API takes it. */
export interface TrackedFileInit {
  readonly path: string;
  readonly uri: string;
  readonly sizeBytes?: bigint;
  readonly sha256: string;
}

/** Puts addresses together with what is said about each in the same order. */
export function trackedFiles(
  uris: readonly string[],
  about: {
    readonly paths?: readonly string[] | undefined;
    readonly digests?: readonly string[] | undefined;
    readonly sizes?: readonly bigint[] | undefined;
  },
): TrackedFileInit[] {
  for (const [flag, values] of [
    ["--path", about.paths],
    ["--sha256", about.digests],
    ["--size-bytes", about.sizes],
  ] as const) {
    if (values !== undefined && values.length !== uris.length) {
      throw new UsageError(
        `${flag} is given ${values.length} times for ${uris.length} addresses; give one for each`,
      );
    }
  }
  return uris.map((uri, index) => {
    const sizeBytes = about.sizes?.[index];
    return {
      uri,
      path: about.paths?.[index] ?? lastPart(uri),
      sha256: about.digests?.[index]?.toLowerCase() ?? "",
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    };
  });
}

/** `train.parquet` of `s3://datasets/train.parquet?versionId=7`. */
function lastPart(uri: string): string {
  const path = uri.replace(/[?#].*$/, "").replace(/\/+$/, "");
  const last = /^[a-z][a-z0-9+.-]*:\/\/[^/]*\/(?:.*\/)?([^/]+)$/i.exec(path)?.[1];
  if (last === undefined)
    throw new UsageError(`${uri} has no path that ends in a name; give one with --path`);
  return last;
}
