import { expect, test } from "bun:test";
import { createLogger, type LoggerOptions } from "./logger.ts";

function linesOf(format: LoggerOptions["format"], level: LoggerOptions["level"] = "debug") {
  const lines: string[] = [];
  return { log: createLogger({ level, format, write: (line) => void lines.push(line) }), lines };
}

test("a line is one JSON object with level, time, message and fields", () => {
  const { log, lines } = linesOf("json");
  log.info({ method: "m\nx", ms: 1.5 }, "call");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toEndWith("}\n");
  const line = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
  expect(line).toMatchObject({ level: "info", msg: "call", method: "m\nx", ms: 1.5 });
  expect(new Date(String(line["time"])).getTime()).toBeGreaterThan(0);
  expect(Object.keys(line).sort()).toEqual(["level", "method", "ms", "msg", "time"]);
});

test("an error has its cause and stack", () => {
  const { log, lines } = linesOf("json");
  log.error({ err: new Error("outer", { cause: new Error("inner") }) }, "failed");
  const { err } = JSON.parse(lines[0] ?? "") as { err: { message: string; stack: string } };
  expect(err.message).toContain("outer");
  expect(err.stack).toContain("inner");
});

test("lower levels are left out", () => {
  const { log, lines } = linesOf("json", "warn");
  log.info({}, "no");
  log.debug({}, "no");
  log.warn({}, "yes");
  expect(lines).toHaveLength(1);
  expect(log.isLevelEnabled("info")).toBe(false);
});

test("without a terminal `auto` is JSON", () => {
  const { log, lines } = linesOf("auto");
  log.info({}, "x");
  expect(lines[0]).toStartWith("{");
});

test("a pretty line is one line, whatever a client sent", () => {
  const { log, lines } = linesOf("pretty");
  log.warn({ method: "a/B", reason: "evil\n12:00:00 ERROR forged", n: 3, list: [1] }, "call\u001b[2J");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d WARN {2}call \[2J method=a\/B reason="evil\\n12:00:00 ERROR forged" n=3 list=\[1\]\n$/,
  );
});

test("a pretty error shows its stack, indented", () => {
  const { log, lines } = linesOf("pretty");
  log.error({ err: new Error("boom") }, "failed");
  expect(lines[0]).toContain("ERROR failed\n         Error: boom\n");
});
