/** The oldest node that this program runs on, as package.json says it. */
const oldest = { major: 20, minor: 19 };
export const oldestNode = `${oldest.major}.${oldest.minor}`;

/** `version` is `20.19.0`, or with a `v` before it. */
export function isNodeNewEnough(version: string): boolean {
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > oldest.major || (Number(major) === oldest.major && Number(minor) >= oldest.minor);
}
