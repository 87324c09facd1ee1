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

/** A question to a gateway leaves no line in any log, unlike a refused connection, and one that hangs is to be known soon. */
export const gatewayEveryMs = 10_000;

/** How often an OpenClaw gateway is asked with its token, where that is wanted. */
export const deepEveryMs = 600_000;

/** What OpenClaw takes for a profile's name. */
export const profilePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
