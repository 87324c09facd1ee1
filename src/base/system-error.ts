/** The `code` of a Node system error (ENOENT, EADDRINUSE, …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The sentence of an error on one line, for use inside a longer sentence: whoever wrote it, it cannot begin a line of its own. */
export function errorText(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*[\n\r\u2028\u2029]\s*/g, " ");
}
