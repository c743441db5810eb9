import { modelboxWith } from "./server.ts";

/** A token as the command line prints it. */
export interface MadeToken {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

/** What `modelbox server tokens …` prints with --json, run in a server's folder; throws unless it succeeded. */
export function serverTokens<T>(folder: string, ...args: string[]): Promise<T> {
  return serverTokensWith<T>({}, folder, ...args);
}

/** As serverTokens, for a server with these variables. */
export async function serverTokensWith<T>(
  env: Readonly<Record<string, string>>,
  folder: string,
  ...args: string[]
): Promise<T> {
  const { stdout, stderr, exitCode } = await modelboxWith(env, folder, "server", "tokens", ...args, "--json");
  if (exitCode !== 0) throw new Error(`server tokens ${args.join(" ")} ended with ${exitCode}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Makes a token for the server whose data is in the folder, whether it runs or not. */
export async function makeToken(folder: string, name: string, ...args: string[]): Promise<MadeToken> {
  const made = await serverTokens<{ token: { id: string; name: string }; text: string }>(
    folder,
    "create",
    "--name",
    name,
    ...args,
  );
  return { ...made.token, text: made.text };
}
