const RESET = "\u001b[0m";
const DIM = "\u001b[2m";
const LEVEL_COLORS: Readonly<Record<string, string>> = {
  debug: "\u001b[2m",
  info: "\u001b[32m",
  warn: "\u001b[33m",
  error: "\u001b[31m",
};

/** One JSON log line for people: time of day, level, message, then the fields. */
export function prettyLine(line: string, colors: boolean): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const paint = (color: string, text: string): string => (colors ? `${color}${text}${RESET}` : text);
  const name = String(level);
  const clock = new Date(String(time)).toTimeString().slice(0, 8);
  const rest = Object.entries(fields).map(([key, value]) => `${paint(DIM, `${key}=`)}${fieldText(value)}`);
  const head = [
    paint(DIM, clock),
    paint(LEVEL_COLORS[name] ?? "", name.toUpperCase().padEnd(5)),
    oneLine(typeof msg === "string" ? msg : ""),
  ];
  return `${[...head, ...rest].join(" ")}\n${stackText(err)}`;
}

function fieldText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w./:@+-]+$/.test(text) ? text : JSON.stringify(value);
}

/** A message can hold what a client sent: it must not begin a line of its own or move the cursor. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}

function stackText(err: unknown): string {
  if (typeof err !== "object" || err === null || !("stack" in err)) return "";
  const lines = String(err.stack).split("\n");
  return lines.map((line) => `         ${oneLine(line)}\n`).join("");
}
