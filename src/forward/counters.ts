/** What went through one forward since the daemon has known it. `bytesIn` came from the server, `bytesOut` went to it. */
export interface ForwardCounters {
  open: number;
  total: number;
  waiting: number;
  /** Connections whose destination refused or could not be reached. */
  refused: number;
  bytesIn: number;
  bytesOut: number;
}

export function newCounters(): ForwardCounters {
  return { open: 0, total: 0, waiting: 0, refused: 0, bytesIn: 0, bytesOut: 0 };
}
