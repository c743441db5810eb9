import { z } from "zod";
import { baseUrl, fileOrNone, integer, secret } from "./fields.ts";
import type { ConfigOf, FileSpec } from "./spec.ts";

/** The client's file. */
export const clientSpec = {
  title: "Configuration of the ModelBox command line.",
  top: z.object({
    server_addr: baseUrl(
      "The server; --server-addr and MODELBOX_SERVER_ADDR override it.",
      "http://127.0.0.1:8085",
    ),
    token: secret(
      "Where the server wants one: made by whoever runs it. Or token_file, with the path of a file that holds it.",
    ),
    ca_file: fileOrNone(
      "For https: the certificate of the authority to trust, as PEM, when it is none that this machine knows.",
    ),
    cert_file: fileOrNone("For servers that want one: this client's certificate, as PEM."),
    key_file: fileOrNone("Its private key."),
    cache_folder: fileOrNone(
      "Where downloads keep chunks for the next ones. By default $XDG_CACHE_HOME/modelbox or ~/.cache/modelbox.",
    ),
    cache_size_mib: integer(
      "How much is kept there at most; 0 for nothing. Downloads from a server on the same machine use it only with --cache.",
      10_240,
      0,
      1_000_000_000,
    ),
  }),
  sections: {},
} as const satisfies FileSpec;

/** The command line's configuration, checked and with all defaults. */
export type ClientConfig = ConfigOf<typeof clientSpec>;

/** What is wrong with values that are fine each for itself. */
export function clientProblems({ certFile, keyFile }: ClientConfig): readonly string[] {
  if ((certFile === undefined) === (keyFile === undefined)) return [];
  return ["cert_file and key_file belong together; set both, or neither."];
}
