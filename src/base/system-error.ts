/** The `code` of a Node system error (ENOENT, EADDRINUSE, …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The sentence of an error without Node's prefix noise, for use inside a longer sentence. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
