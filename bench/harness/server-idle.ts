import { Database } from "bun:sqlite";
import { join } from "node:path";
import { waitUntil } from "./processes.ts";

const limitMs = 600_000;
const pauseMs = 50;
/** Work that a server does later; it is idle when there is none. Files that rest are none yet. */
const pending = [
  "SELECT count(*) n FROM pending_files",
  "SELECT count(*) n FROM pending_encodings WHERE due_at <= unixepoch() * 1000000",
] as const;

/** Waits until the server whose folder this is has verified and encoded what it got. */
export async function waitUntilIdle(serverFolder: string): Promise<void> {
  using connection = new Database(join(serverFolder, "metadata.db"), { readonly: true });
  const counts = pending.map((query) => connection.query<{ n: number }, []>(query));
  await waitUntil("the background work of the server", limitMs, async () => {
    await Bun.sleep(pauseMs);
    return counts.every((count) => count.get()?.n === 0);
  });
}
