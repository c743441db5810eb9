import { Database } from "bun:sqlite";
import { join } from "node:path";
import { waitUntil } from "./processes.ts";

const limitMs = 600_000;
const pauseMs = 50;
/** Tables of work that a server does later; it is idle when all are empty. */
const pendingTables = ["pending_files", "pending_encodings"] as const;

/** Waits until the server whose folder this is has verified and encoded what it got. */
export async function waitUntilIdle(serverFolder: string): Promise<void> {
  using connection = new Database(join(serverFolder, "metadata.db"), { readonly: true });
  const counts = pendingTables.map((table) =>
    connection.query<{ n: number }, []>(`SELECT count(*) n FROM ${table}`),
  );
  await waitUntil("the background work of the server", limitMs, async () => {
    await Bun.sleep(pauseMs);
    return counts.every((count) => count.get()?.n === 0);
  });
}
