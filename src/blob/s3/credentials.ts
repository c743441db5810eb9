import { readFile } from "node:fs/promises";
import { z } from "zod";
import { NoCredentialsError } from "./errors.ts";
import type { S3Credentials } from "./options.ts";

/** Keys of a role are fetched anew when they last no longer than this. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** The services that give keys are near: on the machine, or in its network. */
const FETCH_TIMEOUT_MS = 5_000;
const INSTANCE_SERVICE = "http://169.254.169.254";
const CONTAINER_SERVICE = "http://169.254.170.2";
const INSTANCE_ROLES = "/latest/meta-data/iam/security-credentials/";
const TOKEN_TTL_SECONDS = "21600";

type Environment = Readonly<Record<string, string | undefined>>;

interface ExpiringCredentials extends S3Credentials {
  /** Milliseconds since 1970, UTC. */
  readonly expiresAtMs: number;
}

/** The keys of the environment; undefined when it has none. */
export function credentialsOf(env: Environment): S3Credentials | undefined {
  const accessKey = env["AWS_ACCESS_KEY_ID"];
  const secretKey = env["AWS_SECRET_ACCESS_KEY"];
  if (!accessKey || !secretKey) return undefined;
  return { accessKey, secretKey, sessionToken: env["AWS_SESSION_TOKEN"] || undefined };
}

/**
 * The keys of the role that the machine, container or Kubernetes service account has, renewed before they expire. The
 * minio client's own provider reads other names of fields than Amazon's services send.
 */
export class RoleCredentials {
  readonly #env: Environment;
  #current: ExpiringCredentials | undefined;
  #fetching: Promise<ExpiringCredentials> | undefined;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** Throws NoCredentialsError. Keys that are still good are used when there are no newer ones to be had. */
  async get(): Promise<S3Credentials> {
    const known = this.#current;
    if (known !== undefined && Date.now() < known.expiresAtMs - RENEW_BEFORE_MS) return known;
    try {
      this.#current = await this.#fetch();
      return this.#current;
    } catch (error) {
      if (known !== undefined && Date.now() < known.expiresAtMs) return known;
      throw error;
    }
  }

  /** Everybody who needs keys at once waits for the same answer. */
  #fetch(): Promise<ExpiringCredentials> {
    this.#fetching ??= fetchCredentials(this.#env).finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }
}

async function fetchCredentials(env: Environment): Promise<ExpiringCredentials> {
  try {
    const tokenFile = env["AWS_WEB_IDENTITY_TOKEN_FILE"];
    if (tokenFile) return await ofServiceAccount(env, tokenFile);
    const relative = env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
    const full = relative ? `${CONTAINER_SERVICE}${relative}` : env["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    return full ? await ofContainer(env, full) : await ofInstance(env);
  } catch (error) {
    throw new NoCredentialsError("no keys were given, and no role of this machine has any", { cause: error });
  }
}

const roleAnswer = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  Token: z.string().optional(),
  Expiration: z.string().optional(),
});

async function ofContainer(env: Environment, url: string): Promise<ExpiringCredentials> {
  const file = env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
  const token = file ? (await readFile(file, "utf8")).trim() : env["AWS_CONTAINER_AUTHORIZATION_TOKEN"];
  return ofAnswer(await ask(url, token ? { Authorization: token } : {}));
}

async function ofInstance(env: Environment): Promise<ExpiringCredentials> {
  const service = env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || INSTANCE_SERVICE;
  const token = await ask(
    new URL("/latest/api/token", service).href,
    { "X-aws-ec2-metadata-token-ttl-seconds": TOKEN_TTL_SECONDS },
    "PUT",
  );
  const headers = { "X-aws-ec2-metadata-token": token };
  const roles = new URL(INSTANCE_ROLES, service).href;
  const role = (await ask(roles, headers)).split("\n")[0]?.trim();
  if (!role) throw new Error("the machine has no role");
  return ofAnswer(await ask(roles + encodeURIComponent(role), headers));
}

function ofAnswer(text: string): ExpiringCredentials {
  const answer = roleAnswer.parse(JSON.parse(text));
  return {
    accessKey: answer.AccessKeyId,
    secretKey: answer.SecretAccessKey,
    sessionToken: answer.Token,
    expiresAtMs: answer.Expiration ? Date.parse(answer.Expiration) : Number.POSITIVE_INFINITY,
  };
}

const serviceAccountAnswer = z.object({
  AssumeRoleWithWebIdentityResponse: z.object({
    AssumeRoleWithWebIdentityResult: z.object({
      Credentials: z.object({
        AccessKeyId: z.string().min(1),
        SecretAccessKey: z.string().min(1),
        SessionToken: z.string(),
        /** Seconds since 1970. */
        Expiration: z.number(),
      }),
    }),
  }),
});

async function ofServiceAccount(env: Environment, tokenFile: string): Promise<ExpiringCredentials> {
  const region = env["AWS_REGION"];
  const service =
    env["AWS_ENDPOINT_URL_STS"] ||
    (region ? `https://sts.${region}.amazonaws.com` : "https://sts.amazonaws.com");
  const query = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: env["AWS_ROLE_ARN"] ?? "",
    RoleSessionName: env["AWS_ROLE_SESSION_NAME"] || `modelbox-${Date.now()}`,
    WebIdentityToken: (await readFile(tokenFile, "utf8")).trim(),
  });
  const text = await ask(`${service}/?${query.toString()}`, { Accept: "application/json" }, "POST");
  const { Credentials: found } = serviceAccountAnswer.parse(JSON.parse(text))
    .AssumeRoleWithWebIdentityResponse.AssumeRoleWithWebIdentityResult;
  return {
    accessKey: found.AccessKeyId,
    secretKey: found.SecretAccessKey,
    sessionToken: found.SessionToken,
    expiresAtMs: found.Expiration * 1000,
  };
}

async function ask(url: string, headers: Record<string, string>, method = "GET"): Promise<string> {
  const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${new URL(url).origin} answered ${response.status}`);
  return response.text();
}
