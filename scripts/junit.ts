/** Reads what test runners report in JUnit's form. */
import { readFileSync } from "node:fs";

/** How tests ended. */
export interface Count {
  readonly passed: number;
  /** What failed, a line each, to be read without looking through the whole output. */
  readonly failures: readonly string[];
}

/** A test run that ends badly without a failed test, as after a crash, counts as one that failed. */
export function readReport(path: string, status: number, program: string): Count {
  const report = safeRead(path);
  // Of pytest the element inside has the totals, and there is only one.
  const totals = /<testsuites?\b[^>]*\btests="[^>]*>/.exec(report)?.[0] ?? "";
  const total = (name: string) => Number(attribute(totals, name));
  const failures = [...report.matchAll(/(<testcase [^>]*[^/])>\s*<(?:failure|error)\b([^>]*)>/g)].map(
    ([, test = "", reason = ""]) =>
      `${attribute(test, "file")}: ${attribute(test, "classname")} > ${attribute(test, "name")}: ` +
      attribute(reason, "message").replaceAll(/\s+/g, " ").slice(0, 400),
  );
  const uncounted = total("failures") + total("errors") - failures.length;
  failures.push(...Array.from({ length: uncounted }, () => "a test that the report does not name"));
  const skipped = total("skipped");
  if (skipped > 0) console.log(`${skipped} skipped`);
  const passed = total("tests") - failures.length - skipped;
  if (failures.length === 0 && status !== 0) failures.push(`${program} ended with status ${status}`);
  return { passed, failures };
}

function attribute(element: string, name: string): string {
  const text = new RegExp(`\\b${name}="([^"]*)"`).exec(element)?.[1] ?? "";
  const characters: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replaceAll(
    /&(?:#(\d+)|(\w+));/g,
    (whole, code, word) => (code ? String.fromCodePoint(Number(code)) : characters[word]) ?? whole,
  );
}

function safeRead(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
