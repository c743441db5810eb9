import { readTls, type AppContext, type TlsMaterial } from "./context.ts";
import type { Job } from "./jobs.ts";
import { TLS_CHECK_MS } from "./limits.ts";
import type { Listeners } from "./listeners.ts";

/**
 * Looks whether the files of certificates have changed, and has the listeners use what they hold now. Files that can't be
 * used, as between the writing of a certificate and that of its key, change nothing, and the log says what is wrong.
 */
export function renewTls(
  { config, log }: Pick<AppContext, "config" | "log">,
  tls: TlsMaterial,
  listeners: Pick<Listeners, "setTls">,
): Job {
  let used = tls;
  return {
    name: "renew certificates",
    intervalMs: TLS_CHECK_MS,
    async run() {
      const found = readTls(config);
      if (found === undefined || Bun.deepEquals(found, used)) return {};
      listeners.setTls(found);
      used = found;
      log.info({ cert: config.tls.certFile }, "certificate renewed");
      return {};
    },
  };
}
