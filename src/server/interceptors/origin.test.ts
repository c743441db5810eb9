import { expect, test } from "bun:test";
import { checkOrigin } from "./origin.ts";

function refused(headers: Record<string, string>, localOnly: boolean): boolean {
  try {
    checkOrigin(new Headers(headers), localOnly);
    return false;
  } catch (error) {
    expect(error).toMatchObject({ kind: "permission_denied", reason: "FOREIGN_ORIGIN" });
    return true;
  }
}

test.each([
  ["a program", {}, false],
  ["a page of this server", { Origin: "http://127.0.0.1:8085", Host: "127.0.0.1:8085" }, false],
  ["a page of this server, by name", { Origin: "http://localhost:8085", Host: "localhost:8085" }, false],
  ["a page of this server, by IPv6", { Origin: "http://[::1]:8085", Host: "[::1]:8085" }, false],
  ["a page of another origin", { Origin: "https://evil.example", Host: "127.0.0.1:8085" }, true],
  ["a page of another port", { Origin: "http://127.0.0.1:3000", Host: "127.0.0.1:8085" }, true],
  ["a sandboxed page", { Origin: "null", Host: "127.0.0.1:8085" }, true],
  [
    "a name that was made to point here",
    { Origin: "http://evil.example:8085", Host: "evil.example:8085" },
    true,
  ],
] as const)("on a server for this machine only: %s", (_name, headers, expected) => {
  expect(refused(headers, true)).toBe(expected);
});

test("on a server for others its own name is fine, another origin is not", () => {
  expect(refused({ Origin: "https://models.example", Host: "models.example" }, false)).toBe(false);
  expect(refused({ Origin: "https://evil.example", Host: "models.example" }, false)).toBe(true);
});
