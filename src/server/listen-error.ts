/** An address can't be listened on. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** Says which key names the address, and what to do. */
export function listenError(key: string, address: string, cause: unknown): ListenError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const variable = `MODELBOX_${key.toUpperCase()}`;
  const advice = `set ${key} (or ${variable}) to another one`;
  const sentence =
    {
      EADDRINUSE: `is in use by another program; stop that, or ${advice}`,
      EACCES: `needs more rights than this user has; ${advice}, with a port above 1023`,
      EADDRNOTAVAIL: `is not an address of this machine; ${advice}`,
      ENOENT: `has a host name that can't be found; ${advice}`,
    }[code] ?? `can't be listened on (${cause instanceof Error ? cause.message : String(cause)}); ${advice}`;
  return new ListenError(`${key} ${address} ${sentence}.`, { cause });
}
