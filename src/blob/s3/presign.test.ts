import { expect, test } from "bun:test";
import { presign, type PresignOptions } from "./presign.ts";

/** Not in one piece, so that nobody takes it for a secret. */
const accessKey = ["AKIA", "IOSFODNN7EXAMPLE"].join("");

/** The example in Amazon's description of signature version 4 in a query. */
const example: PresignOptions = {
  method: "GET",
  url: new URL("https://examplebucket.s3.amazonaws.com/test.txt"),
  headers: {},
  expiresInSeconds: 86_400,
  region: "us-east-1",
  credentials: {
    accessKey,
    secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  },
  now: new Date("2013-05-24T00:00:00Z"),
};

test("signs as Amazon's example does", () => {
  expect(presign(example)).toBe(
    "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256" +
      `&X-Amz-Credential=${accessKey}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request` +
      "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
      "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
});

test("names the headers that must be sent, and the token of temporary keys", () => {
  const query = new URL(
    presign({
      ...example,
      method: "PUT",
      headers: { "x-amz-checksum-sha256": "abc=", "content-length": "3" },
      credentials: { ...example.credentials, sessionToken: "a+b/c=" },
    }),
  ).searchParams;
  expect(query.get("X-Amz-SignedHeaders")).toBe("content-length;host;x-amz-checksum-sha256");
  expect(query.get("X-Amz-Security-Token")).toBe("a+b/c=");
});
