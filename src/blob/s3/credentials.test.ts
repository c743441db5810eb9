import { afterEach, beforeEach, expect, setSystemTime, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rejection } from "../conformance.ts";
import { temporaryFolder } from "../testing.ts";
import { credentialsOf, RoleCredentials } from "./credentials.ts";

const MINUTE_MS = 60_000;
const keys = { AccessKeyId: "id", SecretAccessKey: "secret", Token: "token" };

let service: ReturnType<typeof Bun.serve>;
let asked: string[];
let answers: Record<string, (request: Request) => Response | Promise<Response>>;

beforeEach(() => {
  asked = [];
  answers = {};
  service = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(`${request.method} ${pathname}`);
      return answers[pathname]?.(request) ?? new Response("no", { status: 404 });
    },
  });
});
afterEach(async () => {
  setSystemTime();
  await service.stop(true);
});

function inMinutes(minutes: number): string {
  return new Date(Date.now() + minutes * MINUTE_MS).toISOString();
}

test("the environment's keys are both needed", () => {
  const AWS_ACCESS_KEY_ID = "a";
  expect(credentialsOf({ AWS_ACCESS_KEY_ID })).toBeUndefined();
  expect(credentialsOf({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: "s", AWS_SESSION_TOKEN: "t" })).toEqual({
    accessKey: "a",
    secretKey: "s",
    sessionToken: "t",
  });
});

test("a machine's role is asked for with a token", async () => {
  const roles = "/latest/meta-data/iam/security-credentials/";
  const withToken = (text: string) => (request: Request) =>
    request.headers.get("X-aws-ec2-metadata-token") === "t"
      ? new Response(text)
      : new Response("no", { status: 401 });
  answers["/latest/api/token"] = () => new Response("t");
  answers[roles] = withToken("my-role\n");
  answers[`${roles}my-role`] = withToken(
    JSON.stringify({ Code: "Success", Type: "AWS-HMAC", ...keys, Expiration: inMinutes(60) }),
  );
  const role = new RoleCredentials({ AWS_EC2_METADATA_SERVICE_ENDPOINT: service.url.origin });
  expect(await role.get()).toMatchObject({ accessKey: "id", secretKey: "secret", sessionToken: "token" });
});

test("a container's service is asked for with the token of its file", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "token");
  await writeFile(file, "let me in\n");
  answers["/keys"] = (request) =>
    request.headers.get("Authorization") === "let me in"
      ? Response.json({ RoleArn: "arn", ...keys, Expiration: inMinutes(60) })
      : new Response("no", { status: 401 });
  const role = new RoleCredentials({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${service.url.origin}/keys`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
  });
  expect(await role.get()).toMatchObject({ accessKey: "id" });
});

test("a service account's token is changed for keys", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "token");
  await writeFile(file, "jwt");
  answers["/"] = (request) => {
    const { searchParams } = new URL(request.url);
    const given = [searchParams.get("RoleArn"), searchParams.get("WebIdentityToken")];
    const Credentials = {
      AccessKeyId: given.join(),
      SecretAccessKey: "s",
      SessionToken: "t",
      Expiration: Date.now() / 1000 + 3600,
    };
    return Response.json({
      AssumeRoleWithWebIdentityResponse: { AssumeRoleWithWebIdentityResult: { Credentials } },
    });
  };
  const role = new RoleCredentials({
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_ARN: "arn:role",
    AWS_ENDPOINT_URL_STS: service.url.origin,
  });
  expect(await role.get()).toMatchObject({ accessKey: "arn:role,jwt", sessionToken: "t" });
});

test("keys are asked for once, again before they expire, and used as long as they are good", async () => {
  answers["/keys"] = () =>
    Response.json({ ...keys, AccessKeyId: String(asked.length), Expiration: inMinutes(60) });
  const role = new RoleCredentials({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${service.url.origin}/keys` });
  const [first, second] = await Promise.all([role.get(), role.get()]);
  expect([first.accessKey, second.accessKey, asked.length]).toEqual(["1", "1", 1]);

  setSystemTime(new Date(Date.now() + 57 * MINUTE_MS));
  answers["/keys"] = () => new Response("no", { status: 500 });
  expect((await role.get()).accessKey).toBe("1");

  answers["/keys"] = () => Response.json({ ...keys, AccessKeyId: "new", Expiration: inMinutes(60) });
  expect((await role.get()).accessKey).toBe("new");

  setSystemTime(new Date(Date.now() + 61 * MINUTE_MS));
  answers["/keys"] = () => new Response("no", { status: 500 });
  expect(await rejection(role.get())).toMatchObject({ name: "NoCredentialsError" });
});
