import { describe, expect, test } from "bun:test";
import { readRequest } from "./requests.ts";

function read(line: string) {
  return readRequest(line.split(" ").filter((word) => word !== ""));
}

describe("the words in front", () => {
  test("name the longest command", () => {
    expect(read("client projects list --all")).toEqual({
      kind: "run",
      id: "client:projects:list",
      argv: ["--all"],
    });
    expect(read("client lineage version:a/b@3")).toMatchObject({
      id: "client:lineage",
      argv: ["version:a/b@3"],
    });
    expect(read("client lineage link a b")).toMatchObject({ id: "client:lineage:link", argv: ["a", "b"] });
  });

  test.each([
    "",
    "client",
    "client --help",
    "help client",
    "client -h",
    "client projects",
    "help client projects list",
  ])("%p asks for help", (line) => expect(read(line).kind).toBe("help"));

  test("--help behind a command is help on it, behind -- it is an argument", () => {
    expect(read("client projects get x --help")).toEqual({
      kind: "help",
      words: ["client", "projects", "get"],
    });
    expect(read("client projects get -- --help")).toMatchObject({ kind: "run", argv: ["--", "--help"] });
  });

  test("that name nothing are refused, with what was meant and where to look", () => {
    expect(() => read("client projcts list")).toThrow(
      'There is no command "client projcts"; did you mean "client projects"? `modelbox client --help` lists what there is',
    );
    expect(() => read("nothing")).toThrow("`modelbox --help` lists");
    expect(() => read("constructor")).toThrow("There is no command");
  });

  test("come before flags", () => {
    expect(() => read("client --json projects list")).toThrow("--json stands before a command is named");
  });
});
