import type { TlsMaterial } from "./context.ts";

/** Options of both listeners: where there are authorities for clients, nobody gets in without their certificate. */
export function serverTls({ cert = "", key = "", ca }: TlsMaterial) {
  return { cert, key, ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }) };
}
