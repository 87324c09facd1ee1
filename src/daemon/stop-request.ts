export interface StopAsked {
  readonly why: string;
  /** A new daemon waits for what is in no file. */
  readonly handsOver: boolean;
}

/** The daemon's end, asked for by a signal or by whoever calls `ask`; the first word counts. */
export function stopRequest(): { readonly asked: Promise<StopAsked>; ask(why: string, handsOver?: boolean): void } {
  let tell: (asked: StopAsked) => void = () => {};
  const asked = new Promise<StopAsked>((resolve) => {
    tell = resolve;
  });
  const ask = (why: string, handsOver = false) => tell({ why, handsOver });
  // Not once: when-exit, which conf brings along, sends each signal to the process a second time, and without a handler that one kills.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => ask(signal));
  return { asked, ask };
}
