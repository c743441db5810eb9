import { expect, test } from "bun:test";
import { uriProblem } from "./uri.ts";

const good = [
  "s3://bucket/key with%20escape".replace(" with", "-with"),
  "https://example.com/model.bin?version=3",
  "gs://bucket/a/b",
  "file:///mnt/models/x.bin",
  "hf://org/model@main",
  "https://example.com/a@b",
  "urn:uuid:0197c0de-0000-7000-8000-000000000000",
];
const bad = [
  "",
  "model.bin",
  "/mnt/model.bin",
  "//host/path",
  "https://user:secret@example.com/x",
  "https://token@example.com/x",
  "s3://key:secret@bucket/x",
  "weird+scheme://key@bucket",
  "https://example.com/a b",
  "https://example.com/\u0000",
  "https://example.com\\@evil.com/",
  "https://",
  "javascript:alert(1)",
  "JavaScript://example.com/%0aalert(1)",
  "data:text/html;base64,PHNjcmlwdD4=",
  "vbscript:msgbox(1)",
  `https://example.com/${"x".repeat(4_096)}`,
];

for (const uri of good) {
  test(`takes ${uri}`, () => expect(uriProblem(uri)).toBeUndefined());
}
for (const uri of bad) {
  test(`refuses ${JSON.stringify(uri.slice(0, 40))}`, () => expect(uriProblem(uri)).toBeString());
}
