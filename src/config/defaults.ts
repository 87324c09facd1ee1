/** What holds where the user wrote nothing. Never written into the user's file. */
export const timingDefaults = {
  keepaliveIntervalMs: 5_000,
  keepaliveCountMax: 2,
  keepaliveReplyTimeoutMs: 1_500,
  connectTimeoutMs: 10_000,
  backoff: { firstDelayMs: 200, maxDelayMs: 30_000, steadyAfterMs: 30_000 },
  waitForTunnelMs: 20_000,
  waitingConnectionsMax: 256,
  onPortBusy: "hold",
} as const;

export const healthDefaults = { everyMs: 30_000, timeoutMs: 5_000 } as const;
