import { readdirSync, readFileSync } from "node:fs";

/** Processor time that a process has taken so far, in steps of 10 ms. */
export function processorMsOf(pid: number): number {
  return statOf(pid).processorMs;
}

/** The same of all processes that are in the group of this one now. */
export function processorMsOfGroup(group: number): number {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return statOf(Number(name));
      } catch {
        // It has ended meanwhile.
        return { group: 0, processorMs: 0 };
      }
    })
    .filter((stat) => stat.group === group)
    .reduce((sum, { processorMs }) => sum + processorMs, 0);
}

/** Fields 14 and 15 of the line are user and system time, in hundredths of a second; field 2 ends with the last bracket. */
function statOf(pid: number): { readonly group: number; readonly processorMs: number } {
  const line = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return { group: Number(fields[2]), processorMs: (Number(fields[11]) + Number(fields[12])) * 10 };
}
