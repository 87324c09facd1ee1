import { isAbsolute } from "node:path";
import * as v from "valibot";
import { portProblem } from "../base/address.js";
import { cronProblem, timeZoneProblem } from "./cron.js";
import { profilePattern } from "./defaults.js";
import { sshOptionProblem } from "./ssh-option.js";

const milliseconds = (least: number) =>
  v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(least, `must be at least ${least}`), v.maxValue(86_400_000));

const backoff = v.strictObject({
  firstDelayMs: v.exactOptional(milliseconds(1)),
  maxDelayMs: v.exactOptional(milliseconds(1)),
  steadyAfterMs: v.exactOptional(milliseconds(0)),
});

const textWithout = (problemOf: (text: string) => string | undefined) =>
  v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      const message = dataset.typed ? problemOf(dataset.value) : undefined;
      if (message !== undefined) addIssue({ message });
    }),
  );
/** "weekly" and "off" are words of ours. */
function auditScheduleProblem(text: string): string | undefined {
  return text === "weekly" || text === "off" ? undefined : cronProblem(text);
}

/** What may stand in `defaults` and, for one tunnel, in the tunnel itself. */
const timingEntries = {
  keepaliveIntervalMs: v.exactOptional(milliseconds(100)),
  keepaliveCountMax: v.exactOptional(v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(1), v.maxValue(100))),
  keepaliveReplyTimeoutMs: v.exactOptional(milliseconds(50)),
  connectTimeoutMs: v.exactOptional(milliseconds(100)),
  backoff: v.exactOptional(backoff),
  waitForTunnelMs: v.exactOptional(milliseconds(0)),
  waitingConnectionsMax: v.exactOptional(v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(0), v.maxValue(10_000))),
  onPortBusy: v.exactOptional(v.picklist(["hold", "next", "replace"])),
  audit: v.exactOptional(v.strictObject({ schedule: textWithout(auditScheduleProblem) })),
};

export const defaultsSchema = v.strictObject(timingEntries);

const everyMs = v.exactOptional(milliseconds(500));
const timeoutMs = v.exactOptional(milliseconds(50));

const tokenSources = "exactly one of tokenEnv, tokenFile and tokenKeyring";

/** `token` is there to be refused with a sentence of its own; what was written is not repeated. */
export const deepSchema = v.pipe(
  v.strictObject({
    tokenEnv: v.exactOptional(v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, "must be the name of a variable"))),
    tokenFile: v.exactOptional(v.pipe(v.string(), v.minLength(1, "must be the path of a file"))),
    tokenKeyring: v.exactOptional(v.literal(true)),
    token: v.exactOptional(
      v.pipe(v.string(), v.maxLength(0, `must not stand in the config, which others may read: say where it is, by ${tokenSources}`)),
    ),
    everyMs: v.exactOptional(milliseconds(60_000)),
  }),
  v.check(
    ({ tokenEnv, tokenFile, tokenKeyring, token }) =>
      (token ?? "") !== "" || [tokenEnv, tokenFile, tokenKeyring].filter((source) => source !== undefined).length === 1,
    `must have ${tokenSources}`,
  ),
);

export const healthSchema = v.union(
  [
    v.strictObject({ tcp: v.literal(true), everyMs, timeoutMs }),
    v.strictObject({
      http: v.pipe(v.string(), v.regex(/^\/[\x21-\x7e]*$/, "must begin with / and hold no space")),
      status: v.exactOptional(v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(100), v.maxValue(599))),
      everyMs,
      timeoutMs,
    }),
    v.strictObject({ openclaw: v.literal(true), deep: v.exactOptional(deepSchema), everyMs, timeoutMs }),
  ],
  'must be { "tcp": true }, { "http": "/path" } or { "openclaw": true }, with everyMs and timeoutMs if wanted',
);

/** Exactly one of `local`, `remote` and `dynamic` says what kind it is; resolve.ts checks it, with a sentence that helps. */
export const forwardSchema = v.strictObject({
  local: v.exactOptional(v.string()),
  remote: v.exactOptional(v.string()),
  dynamic: v.exactOptional(v.string()),
  to: v.exactOptional(v.string()),
  allowLan: v.exactOptional(v.boolean()),
  offlinePage: v.exactOptional(v.boolean()),
  optional: v.exactOptional(v.boolean()),
  health: v.exactOptional(healthSchema),
});

const cron = v.exactOptional(textWithout(cronProblem));

/** A line break in ssh_config, into which a tunnel may be exported, begins another keyword. */
const line = textWithout((text) => (/\p{Cc}/u.test(text) ? "must not hold a line break or another control character" : undefined));

const port = v.pipe(
  v.number(),
  v.check((number) => Number.isInteger(number) && portProblem(number) === undefined, "must be a port from 1 to 65535"),
);

const scheduleSchema = v.pipe(
  v.strictObject({ up: cron, down: cron, timeZone: v.exactOptional(textWithout(timeZoneProblem)) }),
  v.check(({ up, down }) => up !== undefined || down !== undefined, 'must have "up" or "down"'),
);

/** valibot 1 leaves these two keys of an object out without a word; a tunnel with such a name would vanish. */
export const tunnelNamePattern = /^(?!(?:constructor|prototype)$)[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export const clientFile = v.pipe(line, v.maxLength(4096), v.check(isAbsolute, "must be an absolute path"));

export const tunnelSchema = v.strictObject({
  target: v.exactOptional(v.string()),
  targets: v.exactOptional(v.pipe(v.array(v.string()), v.minLength(1, "must hold at least one target"))),
  preset: v.exactOptional(v.picklist(["openclaw"])),
  profile: v.exactOptional(v.pipe(v.string(), v.regex(profilePattern, "must be a profile's name: letters, digits, dash, underscore"))),
  localPort: v.exactOptional(port),
  remotePort: v.exactOptional(v.union([port, v.literal("auto")], 'must be a port from 1 to 65535, or "auto"')),
  /** The file of the OpenClaw on this machine that is kept pointing at the tunnel: absolute, since it is found by a shell's environment. */
  configureClient: v.exactOptional(clientFile),
  forwards: v.exactOptional(v.pipe(v.array(forwardSchema), v.minLength(1, "must hold at least one forward"))),
  health: v.exactOptional(healthSchema),
  engine: v.exactOptional(v.picklist(["auto", "ssh2", "openssh"])),
  sshConfig: v.exactOptional(line),
  jump: v.exactOptional(v.array(line)),
  identities: v.exactOptional(v.array(line)),
  sshOptions: v.exactOptional(v.array(textWithout(sshOptionProblem))),
  keyring: v.exactOptional(v.boolean()),
  knownHosts: v.exactOptional(v.array(line)),
  globalKnownHosts: v.exactOptional(v.array(line)),
  schedule: v.exactOptional(scheduleSchema),
  renew: cron,
  ...timingEntries,
});

export const configSchema = v.strictObject({
  $schema: v.exactOptional(v.string()),
  defaults: v.exactOptional(defaultsSchema),
  tunnels: v.exactOptional(
    v.record(v.pipe(v.string(), v.regex(tunnelNamePattern, "is not a tunnel name: letters, digits, dot, dash, underscore")), tunnelSchema),
  ),
});

/** One tunnel as the user wrote it. Nothing is filled in: see resolve.ts. */
export type TunnelEntry = v.InferOutput<typeof tunnelSchema>;
/** The whole file as the user wrote it. */
export type ConfigFile = v.InferOutput<typeof configSchema>;
export type DeepEntry = v.InferOutput<typeof deepSchema>;
export type HealthEntry = v.InferOutput<typeof healthSchema>;
export type ForwardEntry = v.InferOutput<typeof forwardSchema>;
