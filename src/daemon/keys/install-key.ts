import type { InstallKey, KeyInstalled } from "../../api/contract.js";
import { withDeadline } from "../../base/abort.js";
import { asFailure, Failure } from "../../base/failure.js";
import { rewriteAuthorizedKeys } from "../../ssh/keys/authorized-keys.js";
import { forwardsOfKey, keyInRestrictedLine, ownerInRestrictedLine, restrictedLine } from "../../ssh/keys/restricted-line.js";
import type { ManagedTunnel } from "../managed-tunnel.js";
import { proveKey } from "./prove-key.js";

const stepMaxMs = 30_000;

/**
 * Puts a key's line into authorized_keys through the session that stands, and proves it by a log-in with that key alone; a line that
 * cannot be proved is taken out again, and what it took the place of is put back. Once begun it is finished, whoever asked for it.
 * Rejects with `request-invalid`, `tunnel-down`, `exec-refused`, `exec-failed` or `key-unproved`.
 */
export async function installKey(managed: ManagedTunnel, { line, identity }: InstallKey): Promise<KeyInstalled> {
  const { runner } = managed;
  const blob = checkLine(line, managed);
  const { session } = runner;
  if (session === undefined)
    throw new Failure("tunnel-down", `the tunnel "${runner.spec.name}" has no session now to install the key through`);
  const rewrite = (lines: readonly string[]) => inTime((signal) => rewriteAuthorizedKeys(session, blob, lines, signal));
  const before = await rewrite([line]);
  try {
    await inTime((signal) => proveKey(managed, identity, signal));
  } catch (error) {
    const why = asFailure(error).message;
    await rewrite(before).catch((undone: unknown) => {
      throw new Failure(
        "key-unproved",
        `the key is not proved: ${why}; its line could not be taken out again: ${asFailure(undone).message}`,
        {
          hint: "Take the line out of authorized_keys on the server by hand.",
        },
      );
    });
    throw new Failure("key-unproved", `the key is not proved: ${why}; its line was taken out again`, { cause: error });
  }
  return { replaced: before.length };
}

/** The key in the line, in base64. A line that this daemon would not have written itself is none: nothing else is ever put there. */
function checkLine(line: string, { runner: { spec } }: ManagedTunnel): string {
  const key = keyInRestrictedLine(line);
  const owner = ownerInRestrictedLine(line);
  const isOurs = key !== undefined && owner?.tunnel === spec.name && restrictedLine(key, forwardsOfKey(spec), owner) === line;
  if (!isOurs) throw new Failure("request-invalid", `the line is not that of a key for the tunnel "${spec.name}" as it is now`);
  return key.split(" ")[1] ?? "";
}

function inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = () => new Failure("exec-failed", `the server did not answer within ${stepMaxMs} ms`);
  return withDeadline(stepMaxMs, new AbortController().signal, late, work);
}
