import { onAbort } from "../../base/abort.js";

/** The system's store for secrets. Each rejects with an Error that says why, when the store cannot be had. */
export interface Keyring {
  /** Undefined when it has none. */
  read(account: string, signal: AbortSignal): Promise<string | undefined>;
  write(account: string, secret: string, signal: AbortSignal): Promise<void>;
  /** Removes all that clawtunnel has put there, and returns their accounts. */
  clear(signal: AbortSignal): Promise<string[]>;
}

type Library = typeof import("@napi-rs/keyring");

const service = "clawtunnel";
/** Nothing is ever kept under this name. */
const probeService = "clawtunnel-probe";

/** Keychain, Credential Manager or Secret Service. The library, 3 MiB of native code, is loaded when it is first asked. */
export const systemKeyring: Keyring = {
  read: async (account, signal) => {
    const { AsyncEntry } = await open(signal);
    return (await told(new AsyncEntry(service, account).getPassword(signal), signal)) ?? undefined;
  },
  write: async (account, secret, signal) => {
    const { AsyncEntry } = await open(signal);
    await told(new AsyncEntry(service, account).setPassword(secret, signal), signal);
  },
  clear: async (signal) => {
    const { AsyncEntry, findCredentialsAsync } = await open(signal);
    const accounts = (await told(findCredentialsAsync(service, null, signal), signal)).map(({ account }) => account);
    for (const account of accounts) await told(new AsyncEntry(service, account).deleteCredential(signal), signal);
    return accounts;
  },
};

async function open(signal: AbortSignal): Promise<Library> {
  const library = await import("@napi-rs/keyring").catch(() => {
    throw new Error("the optional package @napi-rs/keyring is not installed");
  });
  // Without a Secret Service @napi-rs/keyring 1.3 falls back on the kernel's keys, which a reboot loses, and says so of a search alone.
  if (process.platform === "linux") await told(library.findCredentialsAsync(probeService, null, signal), signal);
  return library;
}

/** Its errors carry a Rust backtrace: the first line is what a person can read. A call that hangs in native code is left behind. */
function told<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => reject(new Error("it did not answer in time")));
    call.then(resolve, (error: unknown) => reject(new Error(firstLine(error)))).finally(forget);
  });
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
