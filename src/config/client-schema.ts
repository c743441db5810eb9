import { z } from "zod";
import { baseUrl } from "./fields.ts";
import type { ConfigOf, FileSpec } from "./spec.ts";

/** The client's file. */
export const clientSpec = {
  title: "Configuration of the ModelBox command line.",
  top: z.object({
    server_addr: baseUrl(
      "The server; --server-addr and MODELBOX_SERVER_ADDR override it.",
      "http://127.0.0.1:8085",
    ),
  }),
  sections: {},
} as const satisfies FileSpec;

/** The command line's configuration, checked and with all defaults. */
export type ClientConfig = ConfigOf<typeof clientSpec>;
