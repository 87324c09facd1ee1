/** CLAWTUNNEL_FAULTS=short is what a change has to pass; the whole takes twelve minutes. */
export const isShort = process.env.CLAWTUNNEL_FAULTS === "short";

export function pick<T>(extent: { readonly short: T; readonly full: T }): T {
  return isShort ? extent.short : extent.full;
}

/** A line of the report that is worth having when the tests pass as well. */
export function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
