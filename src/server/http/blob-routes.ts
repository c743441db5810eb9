import type { Transfers } from "../../service/blobs/transfers.ts";
import { getFileRoutes } from "./blob-get-file.ts";
import { postChunkRoute } from "./blob-post-chunk.ts";
import { postPackRoute } from "./blob-post-pack.ts";
import { putChunkRoute } from "./blob-put-chunk.ts";
import { putFileRoute } from "./blob-put-file.ts";
import { getFilesRoute } from "./blob-get-files.ts";
import type { HttpRoute } from "./route.ts";

/** The routes that bytes of files go over. */
export function blobRoutes(transfers: Transfers): readonly HttpRoute[] {
  return [
    putChunkRoute(transfers),
    postChunkRoute(transfers),
    postPackRoute(transfers),
    putFileRoute(transfers),
    getFilesRoute(transfers),
    ...getFileRoutes(transfers),
  ];
}
