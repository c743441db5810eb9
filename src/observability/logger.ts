import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";
import { prettyLine } from "./pretty.ts";

/**
 * Writes one event per line: `log.info({ method, ms }, "call")`. What varies goes into fields, the message stays the
 * same for every event of a kind. An error goes into the field `err`.
 */
export type Logger = Pick<PinoLogger, "debug" | "info" | "warn" | "error" | "isLevelEnabled">;

export interface LoggerOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  /** `auto` is pretty when standard error is a terminal. */
  readonly format: "auto" | "json" | "pretty";
  /** Takes the lines, instead of standard error. */
  readonly write?: (line: string) => void;
}

const STANDARD_ERROR = 2;

/** Of lines that can't be written now, as while a disk is full. The newest beyond it are lost. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;

/** The process's logger: made once, then passed. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      // Process id and host name are what the collector of the lines adds.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    destination(options),
  );
}

function destination({ format, write }: LoggerOptions): DestinationStream {
  const isTerminal = write === undefined && process.stderr.isTTY === true;
  const target = write === undefined ? standardError() : { write };
  if (format === "json" || (format === "auto" && !isTerminal)) return target;
  const colors = isTerminal && !process.env["NO_COLOR"];
  return { write: (line: string) => target.write(prettyLine(line, colors)) };
}

/** Synchronous: the line that tells why a process died must not die with it. */
function standardError(): DestinationStream {
  const target = pino.destination({ fd: STANDARD_ERROR, sync: true, maxLength: MAX_UNWRITTEN_BYTES });
  // A full disk may cost lines, and not the server. They are tried again with the next one.
  target.on("error", () => undefined);
  return target;
}
