import { expect, test } from "bun:test";
import { parse } from "@iarna/toml";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientConfigTemplate, loadClientConfig, loadServerConfig, serverConfigTemplate } from "./index.ts";
import { clientSpec } from "./client-schema.ts";
import { fieldsOf } from "./entries.ts";
import { serverSpec } from "./server-schema.ts";
import { environmentName } from "./spec.ts";

function withTemplate(text: string, work: (path: string, folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "modelbox-template-"));
  try {
    const path = join(folder, "named.toml");
    writeFileSync(path, text);
    work(path, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("the server's template means what runs without any file", () => {
  withTemplate(serverConfigTemplate(), (path, folder) => {
    const env = {};
    const fromTemplate = loadServerConfig({ path, env, cwd: "/" }).config;
    expect(fromTemplate).toEqual(loadServerConfig({ env, cwd: folder }).config);
  });
});

test("the client's template means what runs without any file", () => {
  withTemplate(clientConfigTemplate(), (path, folder) => {
    const env = { HOME: folder };
    expect(loadClientConfig({ path, env, cwd: "/" }).config).toEqual(
      loadClientConfig({ env, cwd: folder }).config,
    );
  });
});

test("the template has every key, and its sections still mean their defaults once the comments are taken away", () => {
  const lines = serverConfigTemplate().split("\n");
  const active = lines.map((line) => line.replace(/^# (?=\[|\w+ = )/, "")).join("\n");
  const parsed = parse(active);
  for (const { section, key, fileOf } of fieldsOf(serverSpec)) {
    if (fileOf !== undefined) continue;
    const table = section === "" ? parsed : parsed[section];
    expect({ section, key, there: Object.hasOwn(table as object, key) }).toEqual({
      section,
      key,
      there: true,
    });
  }
  withTemplate(active, (path) => {
    const { config } = loadServerConfig({ path, env: {}, cwd: "/" });
    expect(config.metadataStorageMysql?.port).toBe(3306);
    expect(config.blobStorageS3?.region).toBe("us-east-1");
  });
});

test("no two keys share an environment variable, the client's included", () => {
  const names = [...fieldsOf(serverSpec), ...fieldsOf(clientSpec)].map(({ section, key }) =>
    environmentName(section, key),
  );
  expect(new Set(names).size).toBe(names.length);
});
