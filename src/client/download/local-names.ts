const WINDOWS_DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const WINDOWS_FORBIDDEN = /[<>:"|?*]|[. ]$/;

/** Why this operating system can't hold a path that others can, or undefined when it can. */
export function localNameProblem(
  path: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform !== "win32") return undefined;
  for (const part of path.split("/")) {
    if (WINDOWS_FORBIDDEN.test(part)) return `has the part "${part}", which Windows does not allow`;
    if (WINDOWS_DEVICE.test(part)) return `has the part "${part}", which is a device on Windows`;
  }
  return undefined;
}
