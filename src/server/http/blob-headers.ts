import type { StoredFile } from "../../domain/entities.ts";

/** Headers that do not depend on which part of the file is asked for. */
export function fileHeaders(file: StoredFile): Headers {
  const headers = new Headers({
    "Accept-Ranges": "bytes",
    // Which file a path means can change, and so can who may read it.
    "Cache-Control": "private, no-cache",
    "Content-Disposition": contentDisposition(file.path),
    "Content-Location": `/v1/files/${file.id}`,
    "Content-Type": "application/octet-stream",
    ETag: etagOf(file),
    "X-Content-Type-Options": "nosniff",
  });
  const digest = file.digestState === "verified" || file.digestState === "mismatch" ? file.sha256 : "";
  if (digest !== "") headers.set("Repr-Digest", `sha-256=:${Buffer.from(digest, "hex").toString("base64")}:`);
  return headers;
}

/** A file never changes, so its id says which bytes these are. */
export function etagOf(file: Pick<StoredFile, "id">): string {
  return `"${file.id}"`;
}

/** Whether a list of entity tags (If-None-Match, If-Match) has this one; `*` is any. */
export function listsEtag(header: string, etag: string): boolean {
  return header.split(",").some((one) => {
    const tag = one.trim();
    return tag === "*" || tag.replace(/^W\//, "") === etag;
  });
}

/** To be saved under the file's name: the plain form for old programs, the encoded one for all names. */
export function contentDisposition(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const plain = name.replaceAll(/[^A-Za-z0-9 !#$&+.^_`|~-]/g, "_");
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
