import { run } from "../harness/processes.ts";

/** `cp`, then SHA-256 of the copy by openssl: what somebody does who stores a file in a folder. Returns what it took. */
export async function copyAndHash(from: string, to: string): Promise<number> {
  const script = 'cp "$1" "$2" && openssl dgst -sha256 "$2"';
  const { durationMs } = await run(["sh", "-c", script, "sh", from, to]);
  return durationMs;
}

/** As copyAndHash, and the copy is on stable storage: what ModelBox promises. */
export async function copyFlushAndHash(from: string, to: string): Promise<number> {
  const script = 'cp "$1" "$2" && sync "$2" && openssl dgst -sha256 "$2"';
  const { durationMs } = await run(["sh", "-c", script, "sh", from, to]);
  return durationMs;
}
