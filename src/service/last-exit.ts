import { readFileSync } from "node:fs";

/** What a daemon left behind that a manager had started and that could not go on. */
export interface LastExit {
  /** ISO 8601; null where it does not say. */
  readonly at: string | null;
  readonly exitCode: number | null;
  /** A failure's code. */
  readonly code: string | null;
  readonly message: string;
  readonly hint: string;
}

/** Undefined when the last start was a good one, or what is there tells nothing: also another version may have written it. */
export function readLastExit(path: string): LastExit | undefined {
  try {
    return parseLastExit(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

export function parseLastExit(text: string): LastExit | undefined {
  const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
  const textAt = (key: string) => (typeof value?.[key] === "string" ? value[key] : null);
  const message = textAt("message");
  if (message === null) return undefined;
  const exitCode = typeof value?.exitCode === "number" ? value.exitCode : null;
  return { at: textAt("at"), exitCode, code: textAt("code"), message, hint: textAt("hint") ?? "" };
}

/** The later one, if it is another than the one before. */
export function newsOf(before: LastExit | undefined, now: LastExit | undefined): LastExit | undefined {
  const isSame = before !== undefined && now !== undefined && before.at === now.at && before.message === now.message;
  return isSame ? undefined : now;
}
