import { readFileSync } from "node:fs";

/** Processor time that a process has taken so far, in steps of 10 ms. */
export function processorMsOf(pid: number): number {
  // Fields 14 and 15 of the line are user and system time, in hundredths of a second; field 2 ends with the last bracket.
  const line = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
